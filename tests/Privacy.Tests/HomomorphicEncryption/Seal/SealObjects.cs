using System.Globalization;
using DigitalTwin.Privacy.HomomorphicEncryption.Seal;
using DigitalTwin.TestKit;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption.Seal;

/// <summary>One parameter set of golden/seal_interop_vectors.csv: what node-seal 6.0.3 wrote for it.</summary>
internal sealed class SealObjects(string scheme, int degree, Dictionary<string, byte[]> bytes)
{
    private static readonly string? Path = SharedFiles.Find("golden/seal_interop_vectors.csv");

    public string Scheme => scheme;

    public int Degree => degree;

    public SealParameters Parameters { get; } =
        SealParameters.Parse(bytes["parms"], SealSecurity.SealInterop2018);

    /// <summary>Names of all objects of the set.</summary>
    public IReadOnlyCollection<string> Names => bytes.Keys;

    public byte[] this[string name] => [.. bytes[name]];

    public SealCiphertext Ciphertext(string name) => SealCiphertext.Parse(Parameters, bytes[name]);

    /// <summary>All sets of the file; skips the running test where the file is absent.</summary>
    public static SealObjects[] Load()
    {
        Assert.SkipWhen(Path is null, "needs golden/seal_interop_vectors.csv beside the checkout");
        return LoadOrEmpty();
    }

    /// <summary>All sets of the file, none where the file is absent.</summary>
    public static SealObjects[] LoadOrEmpty()
    {
        if (Path is null)
        {
            return [];
        }

        return [.. File.ReadLines(Path)
            .Skip(1)
            .Select(line => line.Split(','))
            .GroupBy(cells => (Scheme: cells[0], Degree: int.Parse(cells[1], CultureInfo.InvariantCulture)))
            .Select(set => new SealObjects(
                set.Key.Scheme,
                set.Key.Degree,
                set.ToDictionary(cells => cells[4], Decoded)))];

        static byte[] Decoded(string[] cells)
        {
            byte[] decoded = Convert.FromBase64String(cells[6]);
            Assert.Equal(int.Parse(cells[5], CultureInfo.InvariantCulture), decoded.Length);
            return decoded;
        }
    }

    /// <summary>Reads the named object as what it is and writes it again.</summary>
    public byte[] Rewritten(string name, ReadOnlySpan<byte> from, SealEncoding? encoding = null)
    {
        switch (name)
        {
            case "parms":
                return SealParameters.Parse(from, SealSecurity.SealInterop2018).ToBytes(encoding);
            case "public_key":
                return SealPublicKey.Parse(Parameters, from).ToBytes(encoding);
            case "plain0":
                return SealPlaintext.Parse(Parameters, from).ToBytes(encoding);
            case "secret_key":
                using (SealSecretKey key = SealSecretKey.Parse(Parameters, from))
                {
                    return key.Export();
                }

            default:
                return SealCiphertext.Parse(Parameters, from).ToBytes(encoding);
        }
    }
}
