using System.Text;
using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Interchange;
using DigitalTwin.Models.Networks.Losses;

namespace DigitalTwin.Models.Tests.Networks.Interchange;

// Goal: a file depends on network and parameters alone, its bytes are protobuf's, and what has no file is refused.
// Whether another runtime reads them as they are meant is tested in Interop.Tests.
public sealed class OnnxModelTests
{
    // "Protocol Buffers: Encoding", its examples: 150 in field 1, "testing" in field 2; −2 takes ten bytes.
    [Fact]
    public void Fields_are_encoded_as_the_specification_shows()
    {
        ProtobufWriter message = new();
        message.Write(1, 150);
        message.Write(2, "testing");
        message.Write(1, -2);
        message.Write(16, 1f);

        Assert.Equal(
            "089601" + "120774657374696E67" + "08FEFFFFFFFFFFFFFFFF01" + "8501" + "0000803F",
            Convert.ToHexString(message.Written));
    }

    [Fact]
    public void A_message_within_a_message_is_its_length_and_bytes()
    {
        ProtobufWriter inner = new();
        inner.Write(1, 150);
        ProtobufWriter outer = new();
        outer.Write(3, inner);

        Assert.Equal("1A03089601", Convert.ToHexString(outer.Written));
    }

    [Fact]
    public void The_file_names_versions_inputs_and_outputs()
    {
        byte[] file = OnnxModel.Write(Recurrent(), Parameters(Recurrent()), withStepMask: true);

        // IR version 9, then the producer; at the end the operator set: the domain "" and version 20.
        Assert.Equal("080912", Convert.ToHexString(file.AsSpan(0, 3)));
        Assert.Equal("42040A001014", Convert.ToHexString(file.AsSpan(file.Length - 6)));
        string text = Encoding.Latin1.GetString(file);
        Assert.All(
            (string[])["DigitalTwin", "input", "step_mask", "output", "batch", "Scan", "Gemm"],
            word => Assert.Contains(word, text, StringComparison.Ordinal));
        Assert.DoesNotContain(
            "step_mask",
            Encoding.Latin1.GetString(OnnxModel.Write(Recurrent(), Parameters(Recurrent()))),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Equal_networks_and_parameters_give_equal_files()
    {
        foreach (GoldenCase golden in GoldenCase.All.Values)
        {
            byte[] file = OnnxModel.Write(golden.Description, golden.Parameters);
            float[] others = [.. golden.Parameters.Select(value => value + 1)];

            Assert.Equal(file, OnnxModel.Write(golden.Description, golden.Parameters));
            Assert.NotEqual(file, OnnxModel.Write(golden.Description, others));
        }
    }

    [Fact]
    public void What_has_no_file_is_refused()
    {
        NetworkDescription recurrent = Recurrent();
        NetworkDescription dense = Of(SampleShape.Sequence(3, 1), new Flatten(), new Dense { Width = 1 });
        NetworkDescription shorter = Of(
            SampleShape.Sequence(4, 1), new Convolution1d { Channels = 2, Kernel = 2 }, new Gru { Hidden = 1 });

        Assert.Equal(
            "Expected 3 parameters, got 2.",
            Assert.Throws<ArgumentException>(() => OnnxModel.Write(
                Of(SampleShape.Vector(2), new Dense { Width = 1 }), [1, 2])).Message);
        Assert.Equal(
            "The last layer gives 3 features, and the loss SquaredLoss takes 1.",
            Assert.Throws<ArgumentException>(
                () => OnnxModel.Write(recurrent with { Layers = [new Gru { Hidden = 3 }] }, [])).Message);
        Assert.StartsWith(
            "No layer of this network reads a step mask.",
            Assert.Throws<ArgumentException>(() => OnnxModel.Write(dense, Parameters(dense), true)).Message,
            StringComparison.Ordinal);
        Assert.Equal(
            "layers[1] has 3 steps, and the step mask has 4.",
            Assert.Throws<ArgumentException>(() => OnnxModel.Write(shorter, Parameters(shorter), true)).Message);
    }

    private static float[] Parameters(NetworkDescription description) => new Network(description).InitialParameters(1);

    private static NetworkDescription Recurrent() =>
        Of(SampleShape.Sequence(4, 2), new Gru { Hidden = 3 }, new Dense { Width = 1 });

    private static NetworkDescription Of(SampleShape input, params LayerDescription[] layers) =>
        new() { Input = input, Layers = layers, Loss = new SquaredLoss(1) };
}
