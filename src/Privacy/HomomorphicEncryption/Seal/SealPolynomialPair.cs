namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>Two polynomials with their place in the chain: the body that ciphertexts and public keys share.</summary>
/// <remarks>
/// SEAL: ciphertext.cpp. A ciphertext of three polynomials comes out of a multiplication; sums have two, and nothing
/// else is read, so that the largest valid object is known before a byte is inflated.
/// </remarks>
internal sealed class SealPolynomialPair
{
    private const int Polynomials = 2;

    // parms_id, NTT flag, polynomials, degree, primes, scale; the correction factor comes on top in version 4.
    private const int FieldBytes = ParmsId.Bytes + sizeof(byte) + (3 * sizeof(ulong)) + sizeof(double);

    private const int ArrayFieldBytes = SealHeader.Bytes + sizeof(ulong);

    private readonly ulong[] _residues;

    internal SealPolynomialPair(
        SealParameters parameters,
        SealLevel level,
        bool isNtt,
        double scale,
        ulong[] residues,
        SealSeed? seed)
    {
        (Parameters, Level, IsNtt, Scale, Seed) = (parameters, level, isNtt, scale, seed);
        _residues = residues;
    }

    internal SealParameters Parameters { get; }

    internal SealLevel Level { get; }

    internal bool IsNtt { get; }

    internal double Scale { get; }

    /// <summary>What the second polynomial was expanded from, where it was; it is then written instead of it.</summary>
    internal SealSeed? Seed { get; }

    /// <summary>Residues of both polynomials: by polynomial, then by prime, then by coefficient.</summary>
    internal ReadOnlySpan<ulong> Residues => _residues;

    /// <summary>Residues of one polynomial: by prime, then by coefficient.</summary>
    internal ReadOnlySpan<ulong> Polynomial(int index)
        => _residues.AsSpan(index * Words(Parameters, Level), Words(Parameters, Level));

    /// <summary>Reads the pair; <paramref name="isKey"/> says on which levels and in which form it may be.</summary>
    internal static SealPolynomialPair Parse(
        SealParameters parameters,
        ReadOnlySpan<byte> bytes,
        string what,
        bool isKey)
    {
        int mostWords = Polynomials * Words(parameters, isKey ? parameters.KeyLevel : parameters.DataLevel);
        int mostBodyBytes = FieldBytes + sizeof(ulong) + ArrayFieldBytes + (mostWords * sizeof(ulong));
        SealReader reader = SealReader.Open(bytes, what, mostBodyBytes);
        SealLevel level = ReadLevel(ref reader, parameters, what, isKey);
        bool isNtt = ReadForm(ref reader, what, isKey || parameters.Scheme == SealScheme.Ckks);
        RequireShape(ref reader, parameters, level, what);
        double scale = reader.ReadDouble();
        SealScale.Require(scale, parameters, level, what, isKey);
        if (reader.Encoding.HasCorrectionFactor && reader.ReadWord() is ulong factor && factor != 1)
        {
            throw new SealFormatException($"The {what} has correction factor {factor}; outside of BGV it is 1.");
        }

        (ulong[] residues, SealSeed? seed) = ReadResidues(ref reader, parameters, level, what);
        reader.RequireEnd();
        SealPolynomialPair pair = new(parameters, level, isNtt, scale, residues, seed);
        pair.RequireHidden(what);
        return pair;
    }

    internal byte[] ToBytes(SealEncoding? encoding)
    {
        encoding ??= SealEncoding.Default;
        SealSeed? seed = Seed;
        if (seed is not null && encoding.IsKnown && !encoding.HasGeneratorInfo)
        {
            throw new SealFormatException($"SEAL {encoding.Major}.{encoding.Minor} expands seeds by another rule.");
        }

        ReadOnlySpan<ulong> words = seed is null ? _residues : Polynomial(0);
        int bodyBytes = FieldBytes
            + (encoding.HasCorrectionFactor ? sizeof(ulong) : 0)
            + ArrayFieldBytes + (words.Length * sizeof(ulong))
            + (seed is null ? 0 : SealSeed.WireBytes);
        SealWriter writer = new(encoding, bodyBytes);
        writer.WriteParmsId(Level.Id);
        writer.WriteByte(IsNtt ? (byte)1 : (byte)0);
        writer.WriteWord(Polynomials);
        writer.WriteWord((ulong)Parameters.Degree);
        writer.WriteWord((ulong)Level.Primes);
        writer.WriteDouble(Scale);
        if (encoding.HasCorrectionFactor)
        {
            writer.WriteWord(1);
        }

        writer.WriteArray(words);
        seed?.Write(writer);
        return writer.Finish();
    }

    /// <summary>Refuses a pair whose second polynomial is zero: the first would then be the message itself.</summary>
    internal void RequireHidden(string what)
    {
        if (!Polynomial(1).ContainsAnyExcept(0ul))
        {
            throw new SealFormatException($"The second polynomial of the {what} is zero: it hides nothing.");
        }
    }

    /// <summary>Words of one polynomial at a level.</summary>
    internal static int Words(SealParameters parameters, SealLevel level) => parameters.Degree * level.Primes;

    /// <summary>Refuses a residue that is not below its prime; polynomials follow each other.</summary>
    internal static void RequireReduced(
        ReadOnlySpan<ulong> residues,
        SealParameters parameters,
        int primes,
        string what)
    {
        int degree = parameters.Degree;
        for (int start = 0; start < residues.Length; start += degree)
        {
            ulong prime = parameters.Primes[start / degree % primes];
            foreach (ulong residue in residues.Slice(start, degree))
            {
                if (residue >= prime)
                {
                    throw new SealFormatException($"The {what} has a residue that is not below its prime {prime}.");
                }
            }
        }
    }

    private static SealLevel ReadLevel(ref SealReader reader, SealParameters parameters, string what, bool isKey)
    {
        ParmsId id = reader.ReadParmsId();
        SealLevel level = parameters.FindLevel(id)
            ?? throw new SealFormatException($"The {what} belongs to other parameters: {id}.");
        bool allowed = isKey ? level == parameters.KeyLevel : level.Primes <= parameters.DataLevel.Primes;
        return allowed
            ? level
            : throw new SealFormatException(
                $"The {what} is at the level of {level.Primes} primes, which is not one for "
                + $"{(isKey ? "keys" : "data")}.");
    }

    private static bool ReadForm(ref SealReader reader, string what, bool expected)
    {
        byte flag = reader.ReadByte();
        return flag == (expected ? 1 : 0)
            ? expected
            : throw new SealFormatException($"The {what} has NTT flag {flag}; expected {(expected ? 1 : 0)}.");
    }

    private static void RequireShape(ref SealReader reader, SealParameters parameters, SealLevel level, string what)
    {
        (ulong polynomials, ulong degree, ulong primes) = (reader.ReadWord(), reader.ReadWord(), reader.ReadWord());
        if (polynomials != Polynomials || degree != (ulong)parameters.Degree || primes != (ulong)level.Primes)
        {
            throw new SealFormatException(
                $"The {what} has {polynomials} polynomials of degree {degree} over {primes} primes; expected "
                + $"{Polynomials}, {parameters.Degree} and {level.Primes}.");
        }
    }

    private static (ulong[] Residues, SealSeed? Seed) ReadResidues(
        ref SealReader reader,
        SealParameters parameters,
        SealLevel level,
        string what)
    {
        int half = Words(parameters, level);
        SealReader array = reader.ReadNested("array");
        ulong count = array.ReadWord();
        bool isSeeded = count == (ulong)half;
        if ((!isSeeded && count != Polynomials * (ulong)half) || (ulong)array.Left != count * sizeof(ulong))
        {
            throw new SealFormatException(
                $"The {what} has {count} words in {array.Left} bytes; expected {Polynomials * half} words, or {half} "
                + "and a seed.");
        }

        if (isSeeded && !reader.Encoding.HasGeneratorInfo)
        {
            throw new SealFormatException($"The {what} has a seed of a SEAL before 3.6, whose expansion is another.");
        }

        ulong[] residues = new ulong[Polynomials * half];
        array.ReadWords(residues.AsSpan(0, (int)count));
        array.RequireEnd();
        RequireReduced(residues.AsSpan(0, (int)count), parameters, level.Primes, what);
        if (!isSeeded)
        {
            return (residues, null);
        }

        SealSeed seed = SealSeed.Read(ref reader);
        seed.Expand(parameters.Degree, parameters.Primes.AsSpan(0, level.Primes), residues.AsSpan(half));
        return (residues, seed);
    }
}
