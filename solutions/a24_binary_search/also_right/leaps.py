"""By leaps of 2^k, 2^(k-1), ..., 1 to the right, each made only if it stays among the smaller items."""


def binary_search(items, target):
    n, smaller = len(items), 0
    for bit in reversed(range(n.bit_length())):
        beyond = smaller + (1 << bit)
        if beyond <= n and items[beyond - 1] < target:
            smaller = beyond
    if smaller == n or items[smaller] != target:
        return -1
    return smaller
