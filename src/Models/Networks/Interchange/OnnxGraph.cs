using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace DigitalTwin.Models.Networks.Interchange;

/// <summary>A graph of ONNX operators as it grows: the message GraphProto of onnx.proto.</summary>
/// <remarks>
/// Values are named by the order in which they come, after a prefix that keeps the names of a loop's body apart from
/// those around it. Numbers of fields are those of onnx.proto (onnx 1.15).
/// </remarks>
internal sealed class OnnxGraph
{
    private const long FloatType = 1;
    private const long IntegerType = 7;
    private const long BooleanType = 9;

    private readonly ProtobufWriter _message = new();
    private readonly string _prefix;
    private int _values;
    private int _bodies;

    public OnnxGraph(string name)
    {
        _prefix = name;
        _message.Write(2, name);
    }

    /// <summary>The graph with all that was added.</summary>
    public ProtobufWriter Message => _message;

    /// <summary>A graph for the body of a loop of this one; its operators may also name values of this one.</summary>
    public OnnxGraph CreateBody() =>
        new(string.Create(CultureInfo.InvariantCulture, $"{_prefix}_body{_bodies++}"));

    /// <summary>Declares an input of floats; a negative extent is the batch.</summary>
    public void AddInput(string name, params ReadOnlySpan<int> extents) =>
        _message.Write(11, ValueInfo(name, extents));

    /// <summary>Declares an output of floats.</summary>
    public void AddOutput(string name, params ReadOnlySpan<int> extents) =>
        _message.Write(12, ValueInfo(name, extents));

    /// <summary>A name that no value has.</summary>
    public string CreateName() => string.Create(CultureInfo.InvariantCulture, $"{_prefix}_{_values++}");

    /// <summary>Adds an operator of one output and returns the output's name.</summary>
    public string Add(string operation, string[] inputs, params ReadOnlySpan<OnnxAttribute> attributes)
    {
        string output = CreateName();
        Add(operation, inputs, [output], attributes);
        return output;
    }

    /// <summary>Adds an operator.</summary>
    public void Add(
        string operation, string[] inputs, string[] outputs, params ReadOnlySpan<OnnxAttribute> attributes)
    {
        ProtobufWriter node = new();
        foreach (string input in inputs)
        {
            node.Write(1, input);
        }

        foreach (string output in outputs)
        {
            node.Write(2, output);
        }

        node.Write(4, operation);
        foreach (OnnxAttribute attribute in attributes)
        {
            node.Write(5, attribute.Message);
        }

        _message.Write(1, node);
    }

    /// <summary>A tensor of floats that belongs to the graph.</summary>
    public string AddTensor(ReadOnlySpan<float> values, params ReadOnlySpan<int> extents)
    {
        byte[] bytes = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(
                bytes.AsSpan(i * sizeof(float)), values[i]);
        }

        return AddTensor(FloatType, bytes, extents);
    }

    /// <summary>A list of whole numbers, as operators take shapes and axes.</summary>
    public string AddIntegers(params ReadOnlySpan<long> values)
    {
        byte[] bytes = new byte[values.Length * sizeof(long)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), values[i]);
        }

        return AddTensor(IntegerType, bytes, [values.Length]);
    }

    /// <summary>A tensor of truth values.</summary>
    public string AddBooleans(ReadOnlySpan<bool> values, params ReadOnlySpan<int> extents) =>
        AddTensor(BooleanType, MemoryMarshal.AsBytes(values), extents);

    /// <summary>Whether each entry is not 0.</summary>
    public string ToBooleans(string value) => Add("Cast", [value], OnnxAttribute.Of("to", BooleanType));

    /// <summary>1 where true, 0 where false.</summary>
    public string ToFloats(string value) => Add("Cast", [value], OnnxAttribute.Of("to", FloatType));

    /// <summary>Floats that hold whole numbers, as whole numbers.</summary>
    public string ToIntegers(string value) => Add("Cast", [value], OnnxAttribute.Of("to", IntegerType));

    private string AddTensor(long type, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> extents)
    {
        ProtobufWriter tensor = new();
        foreach (int extent in extents)
        {
            tensor.Write(1, extent);
        }

        string name = CreateName();
        tensor.Write(2, type);
        tensor.Write(8, name);
        tensor.Write(9, bytes);
        _message.Write(5, tensor);
        return name;
    }

    private static ProtobufWriter ValueInfo(string name, ReadOnlySpan<int> extents)
    {
        ProtobufWriter shape = new();
        foreach (int extent in extents)
        {
            ProtobufWriter dimension = new();
            if (extent < 0)
            {
                dimension.Write(2, "batch");
            }
            else
            {
                dimension.Write(1, extent);
            }

            shape.Write(1, dimension);
        }

        ProtobufWriter tensor = new();
        tensor.Write(1, FloatType);
        tensor.Write(2, shape);
        ProtobufWriter type = new();
        type.Write(1, tensor);
        ProtobufWriter info = new();
        info.Write(1, name);
        info.Write(2, type);
        return info;
    }
}
