"""By the places of each value: those with a second place, sorted by it. O(n log n) at worst."""

from collections import defaultdict


def find_duplicates(items):
    places = defaultdict(list)
    for place, item in enumerate(items):
        places[item].append(place)
    second = sorted(found[1] for found in places.values() if len(found) > 1)
    return [items[place] for place in second]
