using DigitalTwin.Interop.Tests.Seal;

[assembly: AssemblyFixture(typeof(NodeSeal))]

namespace DigitalTwin.Interop.Tests.Seal;

/// <summary>Microsoft SEAL: npm's node-seal.</summary>
/// <remarks>
/// Node 20 loads node-seal 6.0.3 and not 7.0.0. It takes only plain moduli that it can batch with: for others its
/// WebAssembly lets an exception out that native SEAL catches.
/// </remarks>
public sealed class NodeSeal() : NodePeer("Seal", "node-seal", "6.0.3");
