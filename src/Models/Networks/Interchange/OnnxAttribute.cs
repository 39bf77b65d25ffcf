namespace DigitalTwin.Models.Networks.Interchange;

/// <summary>One attribute of a node, as the message AttributeProto of onnx.proto.</summary>
internal sealed class OnnxAttribute
{
    private const int Name = 1;
    private const int Type = 20;

    private readonly ProtobufWriter _message = new();

    // Field and type (AttributeType): a float 2 and 1, an integer 3 and 2, a graph 6 and 5, integers 8 and 7.
    private OnnxAttribute(string name, long type)
    {
        _message.Write(Name, name);
        _message.Write(Type, type);
    }

    public ProtobufWriter Message => _message;

    public static OnnxAttribute Of(string name, float value)
    {
        OnnxAttribute attribute = new(name, 1);
        attribute._message.Write(2, value);
        return attribute;
    }

    public static OnnxAttribute Of(string name, long value)
    {
        OnnxAttribute attribute = new(name, 2);
        attribute._message.Write(3, value);
        return attribute;
    }

    public static OnnxAttribute Of(string name, ProtobufWriter graph)
    {
        OnnxAttribute attribute = new(name, 5);
        attribute._message.Write(6, graph);
        return attribute;
    }

    public static OnnxAttribute All(string name, params ReadOnlySpan<long> values)
    {
        OnnxAttribute attribute = new(name, 7);
        foreach (long value in values)
        {
            attribute._message.Write(8, value);
        }

        return attribute;
    }
}
