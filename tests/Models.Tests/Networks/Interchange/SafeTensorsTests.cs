using System.Buffers.Binary;
using System.Text;
using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Interchange;
using DigitalTwin.Models.Networks.Losses;

namespace DigitalTwin.Models.Tests.Networks.Interchange;

// Goal: parameters come back bit for bit, the bytes are the format's, and a malformed or foreign file is refused.
public sealed class SafeTensorsTests
{
    private const string Weight = "\"0.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}";
    private const string Bias = "\"0.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}";

    // As in the README of the format: N as 8 bytes, little-endian, the header padded with spaces, then little-endian
    // floats.
    [Fact]
    public void The_bytes_are_those_of_the_format()
    {
        byte[] file = SafeTensors.Write(Small(), [1f, -2f, 0.5f]);

        string header = $"{{{Weight},{Bias}}}";
        int padded = (header.Length + 7) / 8 * 8;
        Assert.Equal((ulong)padded, BinaryPrimitives.ReadUInt64LittleEndian(file));
        Assert.Equal(header.PadRight(padded), Encoding.UTF8.GetString(file, 8, padded));
        Assert.Equal(
            new byte[] { 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f },
            file[(8 + padded)..]);
    }

    [Fact]
    public void Parameters_come_back_bit_for_bit()
    {
        foreach (GoldenCase golden in GoldenCase.All.Values)
        {
            Network network = new(golden.Description);
            float[] parameters = network.InitialParameters(seed: 5);

            Assert.Equal(parameters, SafeTensors.Read(network, SafeTensors.Write(network, parameters)));
        }
    }

    [Fact]
    public void Tensors_may_stand_in_any_order_with_metadata_between()
    {
        byte[] file = File(
            "{\"0.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"__metadata__\":{\"format\":\"pt\"},"
            + "\"0.weight\":{\"data_offsets\":[4,12],\"shape\":[1,2],\"dtype\":\"F32\"}}",
            12);
        BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(file.Length - 12), 7f);

        Assert.Equal([0f, 0f, 7f], SafeTensors.Read(Small(), file));
    }

    [Theory]
    [InlineData("{" + Weight + "}", 12, "no tensor 0.bias")]
    [InlineData("{" + Weight + "," + Bias + "," + "\"x\":{}}", 12, "no tensor x")]
    [InlineData("{" + Weight + "," + Bias + "," + Bias + "}", 12, "twice")]
    [InlineData("{" + Weight + "," + Bias + "}", 13, "end at byte 12 of 13")]
    [InlineData("{" + Weight + "," + Bias + "}", 11, "refused")]
    [InlineData("[1]", 12, "no JSON object")]
    [InlineData("{\"0.weight\":", 12, "no JSON")]
    public void A_malformed_or_foreign_file_is_refused(string header, int dataBytes, string reason) =>
        Refused(File(header, dataBytes), reason);

    [Theory]
    [InlineData("F32", "F64", "type F64")]
    [InlineData("[1,2]", "[2,1]", "2 x 1")]
    [InlineData("[1,2]", "[1,2.5]", "whole numbers")]
    [InlineData("[8,12]", "[4,8]", "overlap")]
    [InlineData("[8,12]", "[-4,0]", "refused")]
    [InlineData("[8,12]", "[12,8]", "refused")]
    [InlineData("[8,12]", "[8,9223372036854775807]", "refused")]
    [InlineData("[8,12]", "[8,9223372036854775808]", "whole numbers")]
    [InlineData("[8,12]", "[8]", "refused")]
    [InlineData("\"shape\"", "\"form\"", "no shape")]
    public void A_changed_header_is_refused(string from, string to, string reason)
    {
        string header = $"{{{Weight},{Bias}}}";
        int at = header.LastIndexOf(from, StringComparison.Ordinal);

        Refused(File(string.Concat(header.AsSpan(0, at), to, header.AsSpan(at + from.Length)), 12), reason);
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(1ul << 20)]
    [InlineData(ulong.MaxValue)]
    public void A_header_length_that_lies_is_refused(ulong length)
    {
        byte[] file = File($"{{{Weight},{Bias}}}", 12);
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);

        Assert.Throws<InvalidDataException>(() => SafeTensors.Read(Small(), file));
        Assert.Throws<InvalidDataException>(() => SafeTensors.Read(Small(), file.AsSpan(0, 7)));
    }

    private static void Refused(byte[] file, string reason)
    {
        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => SafeTensors.Read(Small(), file));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    private static byte[] File(string header, int dataBytes)
    {
        byte[] file = new byte[8 + header.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)header.Length);
        Encoding.UTF8.GetBytes(header, file.AsSpan(8));
        return file;
    }

    private static Network Small() => new(new()
    {
        Input = SampleShape.Vector(2),
        Layers = [new Dense { Width = 1 }],
        Loss = new SquaredLoss(1),
    });
}
