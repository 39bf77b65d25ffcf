using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace DigitalTwin.Rpc.Tests.Calls;

// Goal: a marshaller given one way of turning messages into bytes also works the other way, since packages use only one
// of them. Method: both kinds of marshaller driven through both interfaces.
public sealed class MarshallerTests
{
    private static readonly Marshaller<string> OverArrays = Marshallers.StringMarshaller;

    private static readonly Marshaller<int> OverBuffers = Marshallers.Create(
        (message, context) =>
        {
            context.SetPayloadLength(sizeof(int));
            BinaryPrimitives.WriteInt32BigEndian(context.GetBufferWriter().GetSpan(sizeof(int)), message);
            context.GetBufferWriter().Advance(sizeof(int));
            context.Complete();
        },
        context => BinaryPrimitives.ReadInt32BigEndian(context.PayloadAsReadOnlySequence().FirstSpan));

    [Fact]
    public void One_over_buffers_works_over_arrays()
    {
        Assert.Equal([0x01, 0x02, 0x03, 0x04], OverBuffers.Serializer(0x01020304));
        Assert.Equal(0x01020304, OverBuffers.Deserializer([0x01, 0x02, 0x03, 0x04]));
    }

    [Fact]
    public void One_over_arrays_works_over_contexts()
    {
        ArrayContext context = new();

        OverArrays.ContextualSerializer("Zürich", context);

        Assert.Equal("Zürich"u8.ToArray(), context.Payload);
        Assert.Equal("Zürich", OverArrays.ContextualDeserializer(new SequenceContext("Zürich"u8.ToArray())));
    }

    [Fact]
    public void A_serializer_completes_its_message_exactly_once()
    {
        Marshaller<string> never = Marshallers.Create<string>((_, _) => { }, _ => "");
        Marshaller<string> twice = Marshallers.Create<string>(
            (_, context) =>
            {
                context.Complete([1]);
                context.Complete([2]);
            },
            _ => "");

        Assert.Throws<InvalidOperationException>(() => never.Serializer("message"));
        Assert.Throws<InvalidOperationException>(() => twice.Serializer("message"));
    }

    [Fact]
    public void A_context_says_what_it_does_not_support()
    {
        SerializationContext bare = new BareContext();

        Assert.Throws<NotSupportedException>(() => bare.Complete([1]));
        Assert.Throws<NotSupportedException>(bare.Complete);
        Assert.Throws<NotSupportedException>(bare.GetBufferWriter);
    }

    private sealed class BareContext : SerializationContext;

    private sealed class ArrayContext : SerializationContext
    {
        public byte[]? Payload { get; private set; }

        public override void Complete(byte[] payload) => Payload = payload;
    }

    private sealed class SequenceContext(byte[] payload) : DeserializationContext
    {
        public override int PayloadLength => payload.Length;

        public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => new(payload);
    }
}
