using System.Buffers.Binary;
using System.Text;
using DigitalTwin.Federation.Algorithms;

namespace DigitalTwin.Federation.Tests.Algorithms;

// Goal: a state is its bytes: what is read back digests the same, and bytes that are no state are a FormatException,
// whatever is wrong with them. Method: round trips, and headers and bodies altered one thing at a time.
public sealed class ModelStateTests
{
    private static readonly ModelState Sample = new()
    {
        Next = RoundPurpose.Train,
        TrainedRounds = 3,
        Mean = [1, -2.5],
        Deviation = [0, 1e-300],
        Parameters = [Math.PI, -0.0, double.MaxValue],
        Optimiser = [],
        Evaluation = [7],
        Loss = 0.25,
    };

    public static TheoryData<string, string> HeaderFaults => new()
    {
        { "digitaltwin/model-state/v1", "digitaltwin/model-state/v2" },
        { "\"next\":\"train\"", "\"next\":\"rest\"" },
        { "\"trainedRounds\":3", "\"trainedRounds\":\"3\"" },
        { "\"trainedRounds\":3", "\"trainedRounds\":3000000000" },
        { "\"length\":2,\"name\":\"mean\"", "\"length\":-2,\"name\":\"mean\"" },
        { "\"length\":2,\"name\":\"mean\"", "\"length\":400000000000,\"name\":\"mean\"" },
        { "\"length\":2,\"name\":\"mean\"", "\"length\":1,\"name\":\"mean\"" },
        { "\"name\":\"mean\"", "\"name\":\"deviation\"" },
        { "\"name\":\"mean\"", "\"name\":\"median\"" },
        { "\"tensors\":[", "\"tensors\":[7," },
        { "\"format\"", "\"Format\"" },
        { "{\"dtype\"", "{ \"dtype\"" },
    };

    [Fact]
    public void What_is_read_back_is_the_same_to_the_last_bit()
    {
        ModelState read = ModelState.Parse(Sample.ToBytes());

        Assert.Equal(Sample.Sha256(), read.Sha256());
        Assert.Equal(Sample.Parameters, read.Parameters);
        Assert.True(double.IsNegative(read.Parameters[1]));
        Assert.Equal((Sample.Next, 3, 0.25), (read.Next, read.TrainedRounds, read.Loss));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(RoundPurpose.Standardise)]
    [InlineData(RoundPurpose.Evaluate)]
    public void The_next_purpose_and_an_absent_loss_survive(RoundPurpose? next)
    {
        ModelState read = ModelState.Parse((Sample with { Next = next, Loss = null }).ToBytes());

        Assert.Equal(next, read.Next);
        Assert.Null(read.Loss);
    }

    [Theory]
    [MemberData(nameof(HeaderFaults))]
    public void A_header_with_one_fault_is_a_format_exception(string written, string altered)
    {
        byte[] bytes = Sample.ToBytes();
        int end = Array.IndexOf(bytes, (byte)'\n');
        string header = Encoding.UTF8.GetString(bytes, 0, end);
        Assert.Contains(written, header, StringComparison.Ordinal);

        byte[] faulty =
            [.. Encoding.UTF8.GetBytes(header.Replace(written, altered, StringComparison.Ordinal)), .. bytes[end..]];

        Assert.Throws<FormatException>(() => ModelState.Parse(faulty));
    }

    [Fact]
    public void Truncated_anywhere_it_is_a_format_exception()
    {
        byte[] bytes = Sample.ToBytes();

        Assert.All(Enumerable.Range(0, bytes.Length), length =>
            Assert.Throws<FormatException>(() => ModelState.Parse(bytes.AsSpan(0, length))));
        Assert.Throws<FormatException>(() => ModelState.Parse([.. bytes, 0]));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_value_that_is_not_finite_is_neither_written_nor_read(double value)
    {
        Assert.Throws<ArithmeticException>(() => (Sample with { Parameters = [value] }).ToBytes());
        byte[] bytes = Sample.ToBytes();
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(bytes.Length - sizeof(double)), value);

        FormatException refused = Assert.Throws<FormatException>(() => ModelState.Parse(bytes));

        Assert.Contains("loss", refused.Message, StringComparison.Ordinal);
    }
}
