using System.Runtime.Versioning;

// These tests start up to six processes each. Side by side on two cores they would wait for one another.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

// Signals, /proc and file modes: the roles run on Linux, and so do their tests.
[assembly: SupportedOSPlatform("linux")]
