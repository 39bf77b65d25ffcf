using System.Numerics;

namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>SEAL's CKKS encoding: N/2 real numbers as a scaled integer polynomial, and back.</summary>
/// <remarks>
/// Cheon et al., ASIACRYPT 2017, in SEAL's order (ckks.h): slot i is the evaluation at ζ^(3^i) with ζ = e^(iπ/N).
/// Double precision, so coefficients agree with SEAL's to ±1. For reading what peers have encoded: a decrypted CKKS
/// value carries the noise and with it the key (Li and Micciancio, EUROCRYPT 2021), so nothing of a hospital is
/// encrypted so.
/// </remarks>
internal sealed class CkksEncoder
{
    // Coefficients are words with room for the sign.
    private const double MostCoefficient = 1L << 62;

    private readonly SealParameters _parameters;
    private readonly int[] _positions;
    private readonly Complex[] _roots;

    /// <exception cref="SealFormatException">The parameters are not of CKKS.</exception>
    internal CkksEncoder(SealParameters parameters)
    {
        if (parameters.Scheme != SealScheme.Ckks)
        {
            throw new SealFormatException("Only CKKS encodes real numbers.");
        }

        _parameters = parameters;
        _positions = BatchEncoder.Positions(parameters.Degree);
        _roots = Roots(parameters.Degree);
    }

    /// <summary>N/2.</summary>
    internal int Slots => _parameters.Degree / 2;

    /// <summary>The plaintext at data level of at most N/2 numbers, zero behind them.</summary>
    /// <exception cref="SealFormatException">A scaled coefficient reaches 2^62.</exception>
    internal SealPlaintext Encode(ReadOnlySpan<double> values, double scale)
    {
        SealLevel level = _parameters.DataLevel;
        Ring ring = _parameters.RingOf(level);
        long[] coefficients = Coefficients(values, scale);
        ulong[] residues = new ulong[ring.Words];
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            ResidueArithmetic.Spread(coefficients, ring.Row(residues, j), ring.Tables[j].Modulus);
        }

        SealBfv.Transform(ring, residues, forward: true);
        return SealPlaintext.Create(_parameters, level, scale, residues);
    }

    /// <summary>The integer polynomial of an encoding, before it is reduced.</summary>
    internal long[] Coefficients(ReadOnlySpan<double> values, double scale)
    {
        if (values.Length > Slots)
        {
            throw new SealFormatException($"{values.Length} numbers do not fit {Slots} slots.");
        }

        Complex[] evaluations = new Complex[_parameters.Degree];
        for (int i = 0; i < values.Length; i++)
        {
            // The second row holds the conjugates, which makes the coefficients real.
            evaluations[_positions[i]] = values[i];
            evaluations[_positions[Slots + i]] = values[i];
        }

        Interpolate(evaluations);
        long[] coefficients = new long[evaluations.Length];
        for (int i = 0; i < coefficients.Length; i++)
        {
            double scaled = double.Round(
                evaluations[i].Real * (scale / _parameters.Degree), MidpointRounding.AwayFromZero);
            if (!(double.Abs(scaled) < MostCoefficient))
            {
                throw new SealFormatException("The numbers are too large for this scale: a coefficient reaches 2^62.");
            }

            coefficients[i] = (long)scaled;
        }

        return coefficients;
    }

    /// <summary>All N/2 numbers.</summary>
    /// <exception cref="SealFormatException">The plaintext belongs to other parameters.</exception>
    internal double[] Decode(SealPlaintext plaintext)
    {
        SealLevel? level = plaintext.Level;
        if (level is null || plaintext.Parameters.KeyParmsId != _parameters.KeyParmsId)
        {
            throw new SealFormatException("The plaintext belongs to other parameters than the encoder.");
        }

        Ring ring = _parameters.RingOf(level);
        ulong[] residues = plaintext.Words.ToArray();
        SealBfv.Transform(ring, residues, forward: false);
        Complex[] evaluations = new Complex[_parameters.Degree];
        for (int i = 0; i < evaluations.Length; i++)
        {
            evaluations[i] = (double)Centred(ring, residues, i) / plaintext.Scale;
        }

        Evaluate(evaluations);
        return [.. _positions.Take(Slots).Select(position => evaluations[position].Real)];
    }

    /// <summary>Decrypts to a plaintext that carries the noise.</summary>
    /// <exception cref="SealFormatException">Key and ciphertext do not belong to one CKKS parameter set.</exception>
    internal static SealPlaintext Decrypt(SealSecretKey key, SealCiphertext ciphertext)
    {
        SealParameters parameters = ciphertext.Parameters;
        if (parameters.Scheme != SealScheme.Ckks || key.Parameters.KeyParmsId != parameters.KeyParmsId)
        {
            throw new SealFormatException("Key and ciphertext do not belong to one CKKS parameter set.");
        }

        Ring ring = parameters.RingOf(ciphertext.Level);
        ulong[] opened = ciphertext.Residues[..ring.Words].ToArray();
        ReadOnlySpan<ulong> second = ciphertext.Residues[ring.Words..];
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            ResidueArithmetic.AddProduct(
                ring.Row(opened, j), ring.Row(second, j), ring.Row(key.Residues, j), ring.Tables[j]);
        }

        return SealPlaintext.Create(parameters, ciphertext.Level, ciphertext.Scale, opened);
    }

    private static BigInteger Centred(Ring ring, ReadOnlySpan<ulong> residues, int coefficient)
    {
        BigInteger q = ring.Profile.Product;
        BigInteger value = BigInteger.Zero;
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            Modulus modulus = ring.Tables[j].Modulus;
            BigInteger cofactor = q / modulus.Value;
            ulong inverse = modulus.Inverse((ulong)(cofactor % modulus.Value));
            value += cofactor * modulus.Multiply(residues[(j * ring.Degree) + coefficient], inverse);
        }

        value %= q;
        return value > q / 2 ? value - q : value;
    }

    /// <summary>ζ^bitrev(k) at position k, as in the number-theoretic transform.</summary>
    private static Complex[] Roots(int degree)
    {
        int bits = BitOperations.Log2((uint)degree);
        Complex[] roots = new Complex[degree];
        for (int k = 0; k < degree; k++)
        {
            int reversed = 0;
            for (int bit = 0; bit < bits; bit++)
            {
                reversed = (reversed << 1) | ((k >> bit) & 1);
            }

            roots[k] = Complex.FromPolarCoordinates(1, double.Pi * reversed / degree);
        }

        return roots;
    }

    /// <summary>Coefficients to evaluations at odd powers of ζ, bit-reversed (Cooley–Tukey).</summary>
    private void Evaluate(Complex[] values)
    {
        for (int groups = 1, half = values.Length / 2; half >= 1; groups *= 2, half /= 2)
        {
            for (int group = 0; group < groups; group++)
            {
                Complex root = _roots[groups + group];
                for (int i = 2 * half * group; i < (2 * half * group) + half; i++)
                {
                    Complex product = values[i + half] * root;
                    (values[i], values[i + half]) = (values[i] + product, values[i] - product);
                }
            }
        }
    }

    /// <summary>Evaluations to N times the coefficients (Gentleman–Sande).</summary>
    private void Interpolate(Complex[] values)
    {
        for (int half = 1, groups = values.Length / 2; groups >= 1; half *= 2, groups /= 2)
        {
            for (int group = 0; group < groups; group++)
            {
                Complex root = Complex.Conjugate(_roots[groups + group]);
                for (int i = 2 * half * group; i < (2 * half * group) + half; i++)
                {
                    Complex difference = (values[i] - values[i + half]) * root;
                    (values[i], values[i + half]) = (values[i] + values[i + half], difference);
                }
            }
        }
    }
}
