// Holds the precompiled header of the programs; nothing is in it.
