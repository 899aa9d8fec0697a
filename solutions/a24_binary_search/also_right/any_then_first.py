"""Any occurrence by the textbook's search, then a second search for the first one up to there."""


def binary_search(items, target):
    lo, hi = 0, len(items) - 1
    while lo <= hi:
        mid = (lo + hi) // 2
        value = items[mid]
        if value == target:
            break
        if value < target:
            lo = mid + 1
        else:
            hi = mid - 1
    else:
        return -1
    first = mid
    while lo < first:
        mid = (lo + first) // 2
        if items[mid] == target:
            first = mid
        else:
            lo = mid + 1
    return first
