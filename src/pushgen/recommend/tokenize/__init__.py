"""Items as short sequences of codes that similar items share: quantisers, the table of an item's codes, the trie."""
