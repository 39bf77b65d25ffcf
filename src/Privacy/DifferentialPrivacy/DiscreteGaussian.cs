using System.Numerics;

namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary>Exact draws from the discrete Gaussian: P(x) ∝ exp(−x²/2σ²) on the integers.</summary>
/// <remarks>
/// Algorithms 1 to 3 of Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy", NeurIPS 2020, in
/// integers throughout: no floating-point number takes part, so none of the attacks on its rounding applies (Mironov,
/// CCS 2012). The time of a draw depends on the draw: draw noise ahead of a request, never while a peer waits.
/// </remarks>
public sealed class DiscreteGaussian
{
    /// <summary>σ up to 2^40: a draw outside 64 bits would then lie 2^23 σ out.</summary>
    private const int LargestVarianceBits = 80;

    private readonly BigInteger _numerator;
    private readonly BigInteger _denominator;
    private readonly ulong _laplaceScale;
    private readonly BigInteger _scaledLaplace;
    private readonly BigInteger _acceptanceDenominator;

    /// <param name="sigmaSquared">σ², a whole number from 1 to 2^80.</param>
    public DiscreteGaussian(BigInteger sigmaSquared)
        : this(sigmaSquared, BigInteger.One)
    {
    }

    /// <param name="sigmaSquaredNumerator">σ² = numerator / denominator, above 0 and at most 2^80.</param>
    /// <param name="denominator">Positive.</param>
    public DiscreteGaussian(BigInteger sigmaSquaredNumerator, BigInteger denominator)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sigmaSquaredNumerator);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(denominator);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            sigmaSquaredNumerator, denominator << LargestVarianceBits, nameof(sigmaSquaredNumerator));
        BigInteger common = BigInteger.GreatestCommonDivisor(sigmaSquaredNumerator, denominator);
        _numerator = sigmaSquaredNumerator / common;
        _denominator = denominator / common;

        // Algorithm 3: t = ⌊σ⌋ + 1, and the acceptance exponent (|y| − σ²/t)² / 2σ² with σ² = n/d over one denominator:
        // (|y|·d·t − n)² / (2·n·d·t²).
        _laplaceScale = (ulong)FloorSqrt(_numerator / _denominator) + 1;
        _scaledLaplace = _denominator * _laplaceScale;
        _acceptanceDenominator = 2 * _numerator * _scaledLaplace * _laplaceScale;
    }

    /// <summary>One draw.</summary>
    public long Sample(RandomBits bits)
    {
        while (true)
        {
            (bool negative, long magnitude) = DiscreteLaplace(_laplaceScale, bits);
            BigInteger distance = (magnitude * _scaledLaplace) - _numerator;
            if (BernoulliExp(distance * distance, _acceptanceDenominator, bits))
            {
                return negative ? -magnitude : magnitude;
            }
        }
    }

    /// <summary>One independent draw per place.</summary>
    public void Fill(Span<long> draws, RandomBits bits)
    {
        for (int i = 0; i < draws.Length; i++)
        {
            draws[i] = Sample(bits);
        }
    }

    /// <summary>Algorithm 2 with s = 1: P(y) ∝ exp(−|y|/t).</summary>
    private static (bool Negative, long Magnitude) DiscreteLaplace(ulong t, RandomBits bits)
    {
        while (true)
        {
            ulong remainder = bits.Below(t);
            if (!BernoulliExpOfFraction(remainder, t, bits))
            {
                continue;
            }

            ulong quotient = 0;
            while (BernoulliExpOfFraction(1, 1, bits))
            {
                quotient++;
            }

            long magnitude = (long)(remainder + (t * quotient));
            bool negative = bits.Below(2) == 1;

            // Zero has one sign, or it would be drawn twice as often.
            if (!negative || magnitude != 0)
            {
                return (negative, magnitude);
            }
        }
    }

    /// <summary>Algorithm 1: true with probability exp(−γ), γ = numerator / denominator ≥ 0.</summary>
    private static bool BernoulliExp(BigInteger numerator, BigInteger denominator, RandomBits bits)
    {
        // exp(−γ) = exp(−1) · … · exp(−1) · exp(−(γ − ⌊γ⌋)), one factor at a time: the first failure decides.
        while (numerator > denominator)
        {
            if (!BernoulliExpOfFraction(1, 1, bits))
            {
                return false;
            }

            numerator -= denominator;
        }

        ulong k = 1;
        while (bits.Below(denominator * k) < numerator)
        {
            k++;
        }

        return ulong.IsOddInteger(k);
    }

    /// <summary>
    /// Algorithm 1 for γ ≤ 1: count k from 1 while draws of probability γ/k succeed. The count is odd with probability
    /// 1 − γ + γ²/2! − … = exp(−γ). A count beyond 2^20, which would overflow a word, has probability 1/(2^20)!.
    /// </summary>
    private static bool BernoulliExpOfFraction(ulong numerator, ulong denominator, RandomBits bits)
    {
        ulong k = 1;
        while (bits.Below(denominator * k) < numerator)
        {
            k++;
        }

        return ulong.IsOddInteger(k);
    }

    /// <summary>⌊√x⌋ by Newton's method from above.</summary>
    private static BigInteger FloorSqrt(BigInteger x)
    {
        if (x < 2)
        {
            return x;
        }

        BigInteger root = BigInteger.One << (int)((x.GetBitLength() + 1) / 2);
        while (true)
        {
            BigInteger next = (root + (x / root)) >> 1;
            if (next >= root)
            {
                return root;
            }

            root = next;
        }
    }
}
