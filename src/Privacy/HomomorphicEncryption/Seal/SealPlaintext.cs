namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>A SEAL plaintext: coefficients modulo t (BFV) or scaled residues in the order of the NTT (CKKS).</summary>
public sealed class SealPlaintext
{
    private const string Name = "plaintext";
    private const int FieldBytes = ParmsId.Bytes + sizeof(ulong) + sizeof(double) + SealHeader.Bytes + sizeof(ulong);

    private readonly ulong[] _words;

    private SealPlaintext(SealParameters parameters, SealLevel? level, double scale, ulong[] words)
    {
        (Parameters, Level, Scale) = (parameters, level, scale);
        _words = words;
    }

    public SealParameters Parameters { get; }

    /// <summary>CKKS: what the encoded values were multiplied with. BFV: 1.</summary>
    public double Scale { get; }

    /// <summary>BFV: at most N coefficients below t. CKKS: residues by prime, then in the order of the NTT.</summary>
    public ReadOnlySpan<ulong> Words => _words;

    /// <summary>The level of a CKKS plaintext; null for the coefficient form of BFV.</summary>
    internal SealLevel? Level { get; }

    /// <summary>A BFV plaintext of the given coefficients, lowest power first.</summary>
    /// <exception cref="SealFormatException">It is not BFV, there are more than N, or one is not below t.</exception>
    public static SealPlaintext Of(SealParameters parameters, ReadOnlySpan<ulong> coefficients)
    {
        if (parameters.Scheme != SealScheme.Bfv)
        {
            throw new SealFormatException("Coefficients modulo t make a plaintext of BFV only.");
        }

        if (coefficients.Length > parameters.Degree)
        {
            throw new SealFormatException($"{coefficients.Length} coefficients do not fit degree {parameters.Degree}.");
        }

        RequireBelow(coefficients, parameters.PlainModulus);
        return new SealPlaintext(parameters, level: null, SealScale.None, coefficients.ToArray());
    }

    /// <summary>Reads a plaintext.</summary>
    /// <param name="parameters">What the plaintext must belong to.</param>
    /// <param name="bytes">The object and nothing else.</param>
    /// <exception cref="SealFormatException">The bytes are not such a plaintext, or a word is not reduced.</exception>
    public static SealPlaintext Parse(SealParameters parameters, ReadOnlySpan<byte> bytes)
    {
        int mostWords = parameters.Scheme == SealScheme.Bfv
            ? parameters.Degree
            : SealPolynomialPair.Words(parameters, parameters.DataLevel);
        SealReader reader = SealReader.Open(bytes, Name, FieldBytes + (mostWords * sizeof(ulong)));
        SealLevel? level = ReadLevel(ref reader, parameters);
        ulong count = reader.ReadWord();
        if (level is null ? count > (ulong)mostWords : count != (ulong)SealPolynomialPair.Words(parameters, level))
        {
            throw new SealFormatException($"The {Name} has {count} words, which do not fit its parameters.");
        }

        double scale = reader.ReadDouble();
        SealScale.Require(scale, parameters, level ?? parameters.DataLevel, Name, isKey: false);
        ulong[] words = ReadArray(ref reader, count, Name, pinned: false);
        reader.RequireEnd();
        if (level is null)
        {
            RequireBelow(words, parameters.PlainModulus);
        }
        else
        {
            SealPolynomialPair.RequireReduced(words, parameters, level.Primes, Name);
        }

        return new SealPlaintext(parameters, level, scale, words);
    }

    /// <summary>The plaintext in SEAL's format, by default in version 4.1 and not compressed.</summary>
    public byte[] ToBytes(SealEncoding? encoding = null)
        => Write(encoding ?? SealEncoding.Default, Level?.Id ?? default, Scale, _words);

    /// <summary>A CKKS plaintext of reduced residues, which it keeps.</summary>
    internal static SealPlaintext Create(SealParameters parameters, SealLevel level, double scale, ulong[] residues)
    {
        SealScale.Require(scale, parameters, level, Name, isKey: false);
        return new SealPlaintext(parameters, level, scale, residues);
    }

    /// <summary>The body that plaintexts and secret keys share (SEAL: plaintext.cpp).</summary>
    internal static byte[] Write(SealEncoding encoding, ParmsId id, double scale, ReadOnlySpan<ulong> words)
    {
        SealWriter writer = new(encoding, FieldBytes + (words.Length * sizeof(ulong)));
        writer.WriteParmsId(id);
        writer.WriteWord((ulong)words.Length);
        writer.WriteDouble(scale);
        writer.WriteArray(words);
        return writer.Finish();
    }

    /// <summary>Reads the array at the end of the body, of exactly <paramref name="count"/> words.</summary>
    internal static ulong[] ReadArray(ref SealReader reader, ulong count, string what, bool pinned)
    {
        SealReader array = reader.ReadNested("array");
        ulong words = array.ReadWord();
        if (words != count || (ulong)array.Left != count * sizeof(ulong))
        {
            throw new SealFormatException(
                $"The {what} has {words} words in {array.Left} bytes where it announces {count} words.");
        }

        ulong[] values = GC.AllocateArray<ulong>((int)count, pinned);
        array.ReadWords(values);
        array.RequireEnd();
        return values;
    }

    private static SealLevel? ReadLevel(ref SealReader reader, SealParameters parameters)
    {
        ParmsId id = reader.ReadParmsId();
        if (id.IsZero != (parameters.Scheme == SealScheme.Bfv))
        {
            throw new SealFormatException(
                $"The {Name} is {(id.IsZero ? "in" : "not in")} coefficient form: BFV has that form and CKKS has not.");
        }

        SealLevel? level = parameters.FindLevel(id);
        bool allowed = id.IsZero || (level is not null && level.Primes <= parameters.DataLevel.Primes);
        return allowed ? level : throw new SealFormatException($"The {Name} belongs to other parameters: {id}.");
    }

    private static void RequireBelow(ReadOnlySpan<ulong> coefficients, ulong plainModulus)
    {
        foreach (ulong coefficient in coefficients)
        {
            if (coefficient >= plainModulus)
            {
                throw new SealFormatException($"A coefficient of the {Name} is not below t = {plainModulus}.");
            }
        }
    }
}
