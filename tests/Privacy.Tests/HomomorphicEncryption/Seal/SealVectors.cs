using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using DigitalTwin.Privacy.Blake2;
using DigitalTwin.Privacy.HomomorphicEncryption.Seal;
using DigitalTwin.TestKit;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption.Seal;

/// <summary>The golden values that native SEAL 4.4.3 wrote, where they lie beside the checkout.</summary>
internal static class SealVectors
{
    private static readonly string? Path = SharedFiles.Find("golden/seal-vectors.json");

    /// <summary>Skips the running test where the file is absent.</summary>
    public static JsonElement Load()
    {
        Assert.SkipWhen(Path is null, "needs golden/seal-vectors.json beside the checkout");
        return JsonElement.Parse(File.ReadAllText(Path!));
    }

    /// <summary>The six BFV parameter sets of the file.</summary>
    public static JsonElement[] BfvSets() => [.. Load().GetProperty("bfv").EnumerateArray()];

    public static SealParameters ParametersOf(JsonElement set) => SealParameters.Create(
        SealScheme.Bfv,
        set.GetProperty("N").GetInt32(),
        Words(set.GetProperty("q")),
        Word(set.GetProperty("t")),
        SealSecurity.SealInterop2018);

    public static ulong Word(JsonElement text) => ulong.Parse(text.GetString()!, CultureInfo.InvariantCulture);

    public static ulong[] Words(JsonElement texts) => [.. texts.EnumerateArray().Select(Word)];

    /// <summary>The file's hash: BLAKE2b-256 of little-endian words.</summary>
    public static string Hash(ReadOnlySpan<ulong> words)
    {
        byte[] message = new byte[words.Length * sizeof(ulong)];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(i * sizeof(ulong)), words[i]);
        }

        byte[] digest = new byte[32];
        Blake2b.Hash(message, digest);
        return Convert.ToHexStringLower(digest);
    }

    /// <summary>The seed 00 01 … 3f of the file.</summary>
    public static byte[] CountingSeed() => [.. Enumerable.Range(0, SealSeed.SeedBytes).Select(i => (byte)i)];
}
