"""By recursion on a pair of indices, never on slices."""


def binary_search(items, target):
    def search(low, high):
        if low > high:
            return -1
        middle = (low + high) // 2
        if target < items[middle]:
            return search(low, middle - 1)
        if items[middle] < target:
            return search(middle + 1, high)
        further_left = search(low, middle - 1)
        return middle if further_left == -1 else further_left

    return search(0, len(items) - 1)
