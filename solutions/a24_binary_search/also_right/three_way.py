"""The search with three cases that most repositories have; an equal item is noted, and the search goes on to its left."""


def binary_search(items, target):
    left, right = 0, len(items) - 1
    result = -1
    while left <= right:
        mid = left + (right - left) // 2
        if items[mid] == target:
            result = mid
            right = mid - 1
        elif items[mid] < target:
            left = mid + 1
        else:
            right = mid - 1
    return result
