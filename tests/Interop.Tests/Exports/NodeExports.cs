using DigitalTwin.Interop.Tests.Exports;

[assembly: AssemblyFixture(typeof(NodeExports))]

namespace DigitalTwin.Interop.Tests.Exports;

/// <summary>Readers of what an audit exports: npm's fhir, @sigstore/verify and ro-crate.</summary>
public sealed class NodeExports() : NodePeer("Exports", "fhir, @sigstore/verify and ro-crate", "4.12.0-2.1.1-3.7.2");
