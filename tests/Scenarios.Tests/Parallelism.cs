// Scenarios mostly wait, for deadlines and for each other's processes: more of them fit than there are cores.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
