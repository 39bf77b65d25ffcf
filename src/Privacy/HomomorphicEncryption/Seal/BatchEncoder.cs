using System.Numerics;

namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>SEAL's batching: N integers modulo a prime t ≡ 1 (mod 2N) in the slots of one plaintext.</summary>
/// <remarks>
/// SEAL: batchencoder.cpp. The slots form two rows: column i of the first stands for the evaluation at ψ^(3^i), of the
/// second at ψ^(−3^i). Sums of plaintexts are sums of slots modulo t. Our own sums pack coefficients instead; this is
/// for reading what peers have batched.
/// </remarks>
internal sealed class BatchEncoder
{
    private const ulong Generator = 3;

    private readonly SealParameters _parameters;
    private readonly NttTables _tables;
    private readonly int[] _positions;

    /// <exception cref="SealFormatException">The plain modulus is not such a prime.</exception>
    internal BatchEncoder(SealParameters parameters)
    {
        ulong order = 2 * (ulong)parameters.Degree;
        if (parameters.Scheme != SealScheme.Bfv
            || parameters.PlainModulus % order != 1
            || !Modulus.IsPrime(parameters.PlainModulus))
        {
            throw new SealFormatException($"Batching needs a prime t that leaves 1 when divided by {order}.");
        }

        _parameters = parameters;
        _tables = new NttTables(parameters.Degree, parameters.PlainModulus);
        _positions = Positions(parameters.Degree);
    }

    /// <summary>ψ, the smallest primitive 2N-th root of unity modulo t.</summary>
    internal ulong Root => _tables.Root;

    /// <summary>Where in the order of the NTT each slot stands; CKKS has the same order.</summary>
    internal static int[] Positions(int degree)
    {
        int bits = BitOperations.Log2((uint)degree);
        ulong order = 2 * (ulong)degree;
        int[] positions = new int[degree];
        ulong power = 1;
        for (int i = 0; i < degree / 2; i++)
        {
            positions[i] = Reversed((power - 1) / 2, bits);
            positions[(degree / 2) + i] = Reversed((order - power - 1) / 2, bits);
            power = power * Generator % order;
        }

        return positions;
    }

    /// <summary>The plaintext whose slots hold <paramref name="values"/>, and zero behind them.</summary>
    /// <param name="values">At most N, from −t/2 to t/2.</param>
    /// <exception cref="SealFormatException">There are more than N.</exception>
    internal SealPlaintext Encode(ReadOnlySpan<long> values)
    {
        if (values.Length > _parameters.Degree)
        {
            throw new SealFormatException($"{values.Length} numbers do not fit {_parameters.Degree} slots.");
        }

        ulong[] coefficients = new ulong[_parameters.Degree];
        for (int i = 0; i < values.Length; i++)
        {
            coefficients[_positions[i]] = _tables.Modulus.FromSigned(values[i]);
        }

        _tables.Inverse(coefficients);
        return SealPlaintext.Of(_parameters, coefficients);
    }

    /// <summary>All N slots, from −t/2 to t/2.</summary>
    /// <exception cref="SealFormatException">The plaintext belongs to other parameters.</exception>
    internal long[] Decode(SealPlaintext plaintext)
    {
        if (plaintext.Parameters.KeyParmsId != _parameters.KeyParmsId)
        {
            throw new SealFormatException("The plaintext belongs to other parameters than the encoder.");
        }

        ulong[] values = new ulong[_parameters.Degree];
        plaintext.Words.CopyTo(values);
        _tables.Forward(values);
        long[] slots = new long[values.Length];
        for (int i = 0; i < slots.Length; i++)
        {
            ulong value = values[_positions[i]];
            slots[i] = value > _tables.Prime / 2 ? (long)value - (long)_tables.Prime : (long)value;
        }

        return slots;
    }

    private static int Reversed(ulong index, int bits)
    {
        int reversed = 0;
        for (int bit = 0; bit < bits; bit++)
        {
            reversed = (reversed << 1) | (int)((index >> bit) & 1);
        }

        return reversed;
    }
}
