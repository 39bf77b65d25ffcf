using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Federation.Algorithms;

/// <summary>What a round is for.</summary>
public enum RoundPurpose
{
    /// <summary>Pooled mean and standard deviation of every feature.</summary>
    Standardise,

    /// <summary>One step of the training algorithm.</summary>
    Train,

    /// <summary>Pooled metrics on held-out rows.</summary>
    Evaluate,

    /// <summary>The hospitals make the key under which later rounds encrypt; no model asks for it.</summary>
    Keys,
}

/// <summary>The public state of a study between two rounds; everything that the next step depends on.</summary>
/// <remarks>
/// Encoded as a canonical JSON header that names the tensors, a line feed, and their float64 values in little-endian
/// order. The digest of these bytes is the model digest of the ledger, so two parties that agree on it agree on every
/// bit.
/// </remarks>
public sealed record ModelState
{
    private const string Format = "digitaltwin/model-state/v1";

    /// <summary>Bound on a tensor that a header may declare, before anything is allocated.</summary>
    private const int MostValues = 50_000_000;

    /// <summary>What the next round is for; null when the study has ended.</summary>
    public required RoundPurpose? Next { get; init; }

    /// <summary>Training rounds behind this state.</summary>
    public required int TrainedRounds { get; init; }

    /// <summary>Pooled (or reference) mean per feature, in the contract's units.</summary>
    public required double[] Mean { get; init; }

    /// <summary>Pooled (or reference) standard deviation per feature, in the contract's units.</summary>
    public required double[] Deviation { get; init; }

    /// <summary>Model parameters on standardised features, in the model's order.</summary>
    public required double[] Parameters { get; init; }

    /// <summary>State of the server's optimiser; its meaning is the algorithm's own.</summary>
    public required double[] Optimiser { get; init; }

    /// <summary>The opened sum of the evaluation round; empty before it.</summary>
    public required double[] Evaluation { get; init; }

    /// <summary>Mean loss that the last round reported; NaN where it reported none, and then not encoded.</summary>
    public double? Loss { get; init; }

    /// <summary>Lower-case hex SHA-256 of <see cref="ToBytes"/>.</summary>
    public string Sha256() => Convert.ToHexStringLower(SHA256.HashData(ToBytes()));

    public byte[] ToBytes()
    {
        (string Name, double[] Values)[] tensors = Tensors();
        JsonArray shapes = [];
        foreach ((string name, double[] values) in tensors)
        {
            shapes.Add(new JsonObject { ["length"] = values.Length, ["name"] = name });
        }

        byte[] header = CanonicalJson.Serialize(new JsonObject
        {
            ["dtype"] = "float64",
            ["endian"] = "LE",
            ["format"] = Format,
            ["next"] = Next is { } next ? NameOf(next) : "none",
            ["tensors"] = shapes,
            ["trainedRounds"] = TrainedRounds,
        });
        byte[] bytes = new byte[header.Length + 1 + (tensors.Sum(tensor => tensor.Values.Length) * sizeof(double))];
        header.CopyTo(bytes, 0);
        bytes[header.Length] = (byte)'\n';
        Span<byte> rest = bytes.AsSpan(header.Length + 1);
        foreach ((string name, double[] values) in tensors)
        {
            foreach (double value in values)
            {
                if (!double.IsFinite(value))
                {
                    throw new ArithmeticException($"The model state holds a value of {name} that is not finite.");
                }

                BinaryPrimitives.WriteDoubleLittleEndian(rest, value);
                rest = rest[sizeof(double)..];
            }
        }

        return bytes;
    }

    /// <exception cref="FormatException">The bytes are no model state.</exception>
    public static ModelState Parse(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)'\n');
        if (end < 0)
        {
            throw new FormatException("A model state starts with a header line.");
        }

        try
        {
            JsonNode header = CanonicalJson.Parse(bytes[..end]);
            if (header["format"]!.GetValue<string>() != Format)
            {
                throw new FormatException($"This is not a {Format}.");
            }

            Dictionary<string, double[]> tensors = ReadTensors(header["tensors"]!.AsArray(), bytes[(end + 1)..]);
            string next = header["next"]!.GetValue<string>();
            return new ModelState
            {
                Next = next == "none" ? null
                    : PurposeOf(next) is var purpose and not RoundPurpose.Keys ? purpose
                    : throw new FormatException("A model state asks for no round of keys."),
                TrainedRounds = (int)header["trainedRounds"]!.GetValue<long>(),
                Mean = tensors["mean"],
                Deviation = tensors["deviation"],
                Parameters = tensors["parameters"],
                Optimiser = tensors["optimiser"],
                Evaluation = tensors["evaluation"],
                Loss = tensors["loss"] is [double loss] ? loss : null,
            };
        }
        catch (Exception problem) when (problem is NullReferenceException or InvalidOperationException
            or KeyNotFoundException or ArgumentException or OverflowException or CanonicalJsonException)
        {
            throw new FormatException($"This is no model state: {problem.Message}", problem);
        }
    }

    /// <summary>The word that stands for <paramref name="purpose"/> on the ledger.</summary>
    public static string NameOf(RoundPurpose purpose) => purpose.ToString().ToLowerInvariant();

    /// <exception cref="FormatException">The word names no purpose.</exception>
    public static RoundPurpose PurposeOf(string word) => word switch
    {
        "standardise" => RoundPurpose.Standardise,
        "train" => RoundPurpose.Train,
        "evaluate" => RoundPurpose.Evaluate,
        "keys" => RoundPurpose.Keys,
        _ => throw new FormatException($"A round is for keys, standardise, train or evaluate, not {word}."),
    };

    private static Dictionary<string, double[]> ReadTensors(JsonArray shapes, ReadOnlySpan<byte> body)
    {
        Dictionary<string, double[]> tensors = new(StringComparer.Ordinal);
        foreach (JsonNode? shape in shapes)
        {
            long declared = shape!["length"]!.GetValue<long>();
            if (declared is < 0 or > MostValues || body.Length < declared * sizeof(double))
            {
                throw new FormatException("The model state is shorter than its header says.");
            }

            int length = (int)declared;
            double[] values = new double[length];
            for (int i = 0; i < length; i++)
            {
                values[i] = BinaryPrimitives.ReadDoubleLittleEndian(body[(i * sizeof(double))..]);
            }

            string name = shape["name"]!.GetValue<string>();
            if (!values.All(double.IsFinite))
            {
                throw new FormatException($"The model state holds a value of {name} that is not finite.");
            }

            tensors.Add(name, values);
            body = body[(length * sizeof(double))..];
        }

        return body.IsEmpty ? tensors : throw new FormatException("The model state is longer than its header says.");
    }

    private (string Name, double[] Values)[] Tensors() =>
    [
        ("mean", Mean),
        ("deviation", Deviation),
        ("parameters", Parameters),
        ("optimiser", Optimiser),
        ("evaluation", Evaluation),
        ("loss", Loss is { } loss ? [loss] : []),
    ];
}
