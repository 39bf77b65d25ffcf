using DigitalTwin.Interop.Tests.Onnx;

[assembly: AssemblyFixture(typeof(NodeOnnx))]

namespace DigitalTwin.Interop.Tests.Onnx;

/// <summary>ONNX Runtime: npm's onnxruntime-node, whose package holds the native library.</summary>
public sealed class NodeOnnx() : NodePeer("Onnx", "onnxruntime-node", "1.20.1");
