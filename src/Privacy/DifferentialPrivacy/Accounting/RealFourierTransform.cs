using System.Numerics;
using System.Runtime.InteropServices;

namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>The discrete Fourier transform of real sequences whose length is a power of two, and its inverse.</summary>
/// <remarks>
/// Cooley and Tukey 1965, decimation in time; a real sequence goes through a complex transform of half the length
/// (Press et al., "Numerical Recipes", 3rd edition, §12.3). Every twiddle factor is computed from its angle, not from
/// its predecessor, so the relative error stays at a few units in the last place times the number of stages.
/// </remarks>
internal sealed class RealFourierTransform
{
    private readonly int _half;
    private readonly double[] _cosines;
    private readonly double[] _sines;
    private readonly double[] _real;
    private readonly double[] _imaginary;

    /// <param name="length">Length of the sequences, a power of two and at least 4.</param>
    public RealFourierTransform(int length)
    {
        if (length < 4 || !BitOperations.IsPow2(length))
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, "The length is a power of two, at least 4.");
        }

        Length = length;
        _half = length / 2;
        _real = new double[_half];
        _imaginary = new double[_half];

        // The factors exp(−2πi·k/(2·span)) of each stage lie behind one another: span 1 at 1, span 2 at 2, 3, and so
        // on; those of the unpacking, span _half, come last.
        _cosines = new double[length];
        _sines = new double[length];
        for (int span = 1; span <= _half; span *= 2)
        {
            for (int k = 0; k < span; k++)
            {
                (double sine, double cosine) = Math.SinCos(-Math.PI * k / span);
                _cosines[span + k] = cosine;
                _sines[span + k] = sine;
            }
        }
    }

    public int Length { get; }

    /// <summary>Coefficients that describe a real sequence: 0 to length/2.</summary>
    public int Coefficients => _half + 1;

    /// <summary>
    /// Writes X_k = Σ_n x_n·exp(−2πi·kn/length) for k = 0 … length/2; the others are their conjugates.
    /// </summary>
    public void Forward(ReadOnlySpan<double> sequence, Span<Complex> coefficients)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(sequence.Length, Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(coefficients.Length, Coefficients);
        for (int n = 0; n < _half; n++)
        {
            _real[n] = sequence[2 * n];
            _imaginary[n] = sequence[(2 * n) + 1];
        }

        Transform();
        for (int k = 0; k <= _half; k++)
        {
            Complex here = new(_real[k % _half], _imaginary[k % _half]);
            Complex mirrored = new(_real[(_half - k) % _half], -_imaginary[(_half - k) % _half]);
            Complex even = (here + mirrored) * 0.5;
            Complex odd = (here - mirrored) * new Complex(0, -0.5);
            coefficients[k] = even + (Twiddle(k) * odd);
        }
    }

    /// <summary>The sequence of <see cref="Forward"/>, from its coefficients.</summary>
    public void Inverse(ReadOnlySpan<Complex> coefficients, Span<double> sequence)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(sequence.Length, Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(coefficients.Length, Coefficients);
        for (int k = 0; k < _half; k++)
        {
            Complex mirrored = Complex.Conjugate(coefficients[_half - k]);
            Complex even = (coefficients[k] + mirrored) * 0.5;
            Complex odd = (coefficients[k] - mirrored) * 0.5 * Complex.Conjugate(Twiddle(k));
            Complex packed = even + (odd * Complex.ImaginaryOne);

            // The inverse is the conjugate of the transform of the conjugate.
            _real[k] = packed.Real;
            _imaginary[k] = -packed.Imaginary;
        }

        Transform();
        double scale = 1.0 / _half;
        for (int n = 0; n < _half; n++)
        {
            sequence[2 * n] = _real[n] * scale;
            sequence[(2 * n) + 1] = -_imaginary[n] * scale;
        }
    }

    // exp(−2πi·k/length) = exp(−πi·k/_half)
    private Complex Twiddle(int k) =>
        k == _half ? -Complex.One : new Complex(_cosines[_half + k], _sines[_half + k]);

    private void Transform()
    {
        Reverse(_real);
        Reverse(_imaginary);
        for (int span = 1; span < _half; span *= 2)
        {
            Stage(span);
        }
    }

    private void Stage(int span)
    {
        ReadOnlySpan<double> cosines = _cosines.AsSpan(span, span);
        ReadOnlySpan<double> sines = _sines.AsSpan(span, span);
        for (int block = 0; block < _half; block += 2 * span)
        {
            Span<double> upperReal = _real.AsSpan(block, span);
            Span<double> upperImaginary = _imaginary.AsSpan(block, span);
            Span<double> lowerReal = _real.AsSpan(block + span, span);
            Span<double> lowerImaginary = _imaginary.AsSpan(block + span, span);
            if (span >= Vector<double>.Count)
            {
                Butterflies(
                    MemoryMarshal.Cast<double, Vector<double>>(upperReal),
                    MemoryMarshal.Cast<double, Vector<double>>(upperImaginary),
                    MemoryMarshal.Cast<double, Vector<double>>(lowerReal),
                    MemoryMarshal.Cast<double, Vector<double>>(lowerImaginary),
                    MemoryMarshal.Cast<double, Vector<double>>(cosines),
                    MemoryMarshal.Cast<double, Vector<double>>(sines));
                continue;
            }

            for (int k = 0; k < span; k++)
            {
                double real = (lowerReal[k] * cosines[k]) - (lowerImaginary[k] * sines[k]);
                double imaginary = (lowerReal[k] * sines[k]) + (lowerImaginary[k] * cosines[k]);
                lowerReal[k] = upperReal[k] - real;
                lowerImaginary[k] = upperImaginary[k] - imaginary;
                upperReal[k] += real;
                upperImaginary[k] += imaginary;
            }
        }
    }

    private static void Butterflies(
        Span<Vector<double>> upperReal,
        Span<Vector<double>> upperImaginary,
        Span<Vector<double>> lowerReal,
        Span<Vector<double>> lowerImaginary,
        ReadOnlySpan<Vector<double>> cosines,
        ReadOnlySpan<Vector<double>> sines)
    {
        for (int k = 0; k < cosines.Length; k++)
        {
            Vector<double> real = (lowerReal[k] * cosines[k]) - (lowerImaginary[k] * sines[k]);
            Vector<double> imaginary = (lowerReal[k] * sines[k]) + (lowerImaginary[k] * cosines[k]);
            lowerReal[k] = upperReal[k] - real;
            lowerImaginary[k] = upperImaginary[k] - imaginary;
            upperReal[k] += real;
            upperImaginary[k] += imaginary;
        }
    }

    private static void Reverse(Span<double> values)
    {
        int mirrored = 0;
        for (int index = 1; index < values.Length; index++)
        {
            int bit = values.Length >> 1;
            while ((mirrored & bit) != 0)
            {
                mirrored ^= bit;
                bit >>= 1;
            }

            mirrored |= bit;
            if (index < mirrored)
            {
                (values[index], values[mirrored]) = (values[mirrored], values[index]);
            }
        }
    }
}
