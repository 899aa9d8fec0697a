"""By counting: a value is listed when its count becomes two."""


def find_duplicates(items):
    counts = {}
    result = []
    for item in items:
        counts[item] = counts.get(item, 0) + 1
        if counts[item] == 2:
            result.append(item)
    return result
