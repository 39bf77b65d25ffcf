using System.Buffers.Binary;
using System.Text.Json;
using DigitalTwin.Models.Networks.Layers;

namespace DigitalTwin.Models.Networks.Interchange;

/// <summary>A network's parameters as a safetensors file, which PyTorch and others read and write.</summary>
/// <remarks>
/// The format (Hugging Face, safetensors README, "Format"): the length of the header as 8 bytes, little-endian; the
/// header, a JSON object of name → { dtype, shape, data_offsets }; then the tensors' bytes, without a gap or an
/// overlap. Here every tensor is F32, little-endian. Nothing in a file is executed, and a file of another network is
/// refused.
/// </remarks>
public static class SafeTensors
{
    private const int LengthBytes = sizeof(ulong);

    // A tensor takes about a hundred bytes of header, and a network has at most some thousand of them.
    private const int MostHeaderBytes = 1 << 20;

    // The first tensor begins at a multiple of 8, as the format's writers have it; spaces fill the header.
    private const int Alignment = 8;

    private const string Metadata = "__metadata__";

    /// <summary>The file of these parameters.</summary>
    /// <exception cref="ArgumentException">There are more or fewer parameters than the network has.</exception>
    public static byte[] Write(Network network, ReadOnlySpan<float> parameters)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (parameters.Length != network.ParameterCount)
        {
            throw new ArgumentException($"Expected {network.ParameterCount} parameters, got {parameters.Length}.");
        }

        byte[] header = Header(network.Blocks);
        int start = (LengthBytes + header.Length + Alignment - 1) / Alignment * Alignment;
        byte[] file = new byte[checked(start + (parameters.Length * sizeof(float)))];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)(start - LengthBytes));
        header.CopyTo(file, LengthBytes);
        file.AsSpan((LengthBytes + header.Length)..start).Fill((byte)' ');
        for (int i = 0; i < parameters.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(start + (i * sizeof(float))), parameters[i]);
        }

        return file;
    }

    /// <summary>The parameters that a file holds for this network.</summary>
    /// <exception cref="InvalidDataException">The file is malformed, or of another network.</exception>
    public static float[] Read(Network network, ReadOnlySpan<byte> file)
    {
        ArgumentNullException.ThrowIfNull(network);
        (JsonDocument header, int start) = HeaderOf(file);
        using (header)
        {
            Dictionary<string, JsonElement> tensors = TensorsOf(header.RootElement);
            float[] parameters = new float[network.ParameterCount];
            List<(long Begin, long End)> taken = [];
            foreach (ParameterBlock block in network.Blocks)
            {
                if (!tensors.Remove(block.Name, out JsonElement tensor))
                {
                    throw new InvalidDataException($"The file has no tensor {block.Name}.");
                }

                (long begin, long end) = PlaceOf(block, tensor, file.Length - start);
                taken.Add((begin, end));
                ReadOnlySpan<byte> bytes = file[(start + (int)begin)..(start + (int)end)];
                for (int i = 0; i < block.Size; i++)
                {
                    parameters[block.Offset + i] =
                        BinaryPrimitives.ReadSingleLittleEndian(bytes[(i * sizeof(float))..]);
                }
            }

            if (tensors.Count > 0)
            {
                throw new InvalidDataException($"The network has no tensor {tensors.Keys.Order().First()}.");
            }

            RequireCover(taken, file.Length - start);
            return parameters;
        }
    }

    private static byte[] Header(IReadOnlyList<ParameterBlock> blocks)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            foreach (ParameterBlock block in blocks)
            {
                writer.WriteStartObject(block.Name);
                writer.WriteString("dtype", "F32");
                WriteNumbers(writer, "shape", block.Extents.Select(extent => (long)extent));
                WriteNumbers(
                    writer,
                    "data_offsets",
                    [(long)block.Offset * sizeof(float), (long)(block.Offset + block.Size) * sizeof(float)]);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter writer, string name, IEnumerable<long> numbers)
    {
        writer.WriteStartArray(name);
        foreach (long number in numbers)
        {
            writer.WriteNumberValue(number);
        }

        writer.WriteEndArray();
    }

    private static (JsonDocument Header, int Start) HeaderOf(ReadOnlySpan<byte> file)
    {
        if (file.Length < LengthBytes)
        {
            throw new InvalidDataException($"A file of {file.Length} bytes has no header.");
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file);
        if (length > MostHeaderBytes || length > (ulong)(file.Length - LengthBytes))
        {
            throw new InvalidDataException($"A header of {length} bytes, in a file of {file.Length}, is refused.");
        }

        int start = LengthBytes + (int)length;
        try
        {
            JsonDocument header = JsonDocument.Parse(file[LengthBytes..start].ToArray());
            return header.RootElement.ValueKind == JsonValueKind.Object
                ? (header, start)
                : throw new InvalidDataException("The header is no JSON object.");
        }
        catch (JsonException malformed)
        {
            throw new InvalidDataException("The header is no JSON.", malformed);
        }
    }

    private static Dictionary<string, JsonElement> TensorsOf(JsonElement header)
    {
        Dictionary<string, JsonElement> tensors = [];
        foreach (JsonProperty property in header.EnumerateObject())
        {
            if (property.Name != Metadata && !tensors.TryAdd(property.Name, property.Value))
            {
                throw new InvalidDataException($"The header names {property.Name} twice.");
            }
        }

        return tensors;
    }

    private static (long Begin, long End) PlaceOf(ParameterBlock block, JsonElement tensor, int dataBytes)
    {
        string? type = Member(tensor, "dtype") is { ValueKind: JsonValueKind.String } dtype ? dtype.GetString() : null;
        if (type != "F32")
        {
            throw new InvalidDataException($"Tensor {block.Name} is of type {type ?? "none"}; allowed: F32.");
        }

        long[] shape = Numbers(block.Name, tensor, "shape");
        if (!shape.AsSpan().SequenceEqual([.. block.Extents.Select(extent => (long)extent)]))
        {
            throw new InvalidDataException(
                $"Tensor {block.Name} is {string.Join(" x ", shape)}, not {string.Join(" x ", block.Extents)}.");
        }

        long[] offsets = Numbers(block.Name, tensor, "data_offsets");
        bool within = offsets.Length == 2 && offsets[0] >= 0 && offsets[0] <= offsets[1] && offsets[1] <= dataBytes;
        if (!within || offsets[1] - offsets[0] != (long)block.Size * sizeof(float))
        {
            throw new InvalidDataException(
                $"Tensor {block.Name} at {string.Join(" to ", offsets)} of {dataBytes} bytes is refused.");
        }

        return (offsets[0], offsets[1]);
    }

    private static long[] Numbers(string name, JsonElement tensor, string member)
    {
        if (Member(tensor, member) is { ValueKind: JsonValueKind.Array } array)
        {
            List<long> numbers = [];
            foreach (JsonElement element in array.EnumerateArray())
            {
                if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out long number))
                {
                    throw new InvalidDataException($"Tensor {name} has a {member} that is no list of whole numbers.");
                }

                numbers.Add(number);
            }

            return [.. numbers];
        }

        throw new InvalidDataException($"Tensor {name} has no {member}.");
    }

    private static JsonElement? Member(JsonElement tensor, string name) =>
        tensor.ValueKind == JsonValueKind.Object && tensor.TryGetProperty(name, out JsonElement value) ? value : null;

    // No byte belongs to two tensors or to none.
    private static void RequireCover(List<(long Begin, long End)> taken, int dataBytes)
    {
        long at = 0;
        foreach ((long begin, long end) in taken.Order())
        {
            if (begin != at)
            {
                throw new InvalidDataException($"The tensors overlap or leave a gap at byte {Math.Min(begin, at)}.");
            }

            at = end;
        }

        if (at != dataBytes)
        {
            throw new InvalidDataException($"The tensors end at byte {at} of {dataBytes}.");
        }
    }
}
