"""With one set for what was seen and one for what is in the result, as most repositories have it."""


def find_duplicates(items):
    seen = set()
    listed = set()
    duplicates = []
    for i in range(len(items)):
        if items[i] not in seen:
            seen.add(items[i])
        elif items[i] not in listed:
            listed.add(items[i])
            duplicates.append(items[i])
    return duplicates
