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

    // Largest denominator for which its multiples by the counts of Algorithm 1, below 2^20, fit a word.
    private static readonly BigInteger LargestWordDenominator = BigInteger.One << 43;

    private readonly BigInteger _numerator;
    private readonly BigInteger _denominator;
    private readonly ulong _laplaceScale;
    private readonly BigInteger _scaledLaplace;
    private readonly BigInteger _acceptanceDenominator;

    // The same numbers in fixed width, where they fit.
    private readonly Width _width;
    private readonly UInt128 _shortNumerator;
    private readonly ulong _shortScaledLaplace;
    private readonly ulong _wordDenominator;
    private readonly UInt256 _wideDenominator;

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
        if (_scaledLaplace > ulong.MaxValue || _numerator >= BigInteger.One << 127
            || _acceptanceDenominator >= UInt256.LargestFactor)
        {
            return;
        }

        _shortNumerator = (UInt128)_numerator;
        _shortScaledLaplace = (ulong)_scaledLaplace;
        _wideDenominator = UInt256.From(_acceptanceDenominator);
        _width = Width.Wide;
        if (_acceptanceDenominator <= LargestWordDenominator)
        {
            _wordDenominator = (ulong)_acceptanceDenominator;
            _width = Width.Word;
        }
    }

    /// <summary>Which arithmetic holds the acceptance probability. All of them spend the same bits on it.</summary>
    private enum Width
    {
        Unbounded,
        Wide,
        Word,
    }

    /// <summary>One draw.</summary>
    public long Sample(RandomBits bits)
    {
        ArgumentNullException.ThrowIfNull(bits);
        long draw = Draw(bits);
        bits.WipeSpent();
        return draw;
    }

    /// <summary>One independent draw per place: the draws of as many calls of <see cref="Sample"/>.</summary>
    public void Fill(Span<long> draws, RandomBits bits)
    {
        ArgumentNullException.ThrowIfNull(bits);
        for (int i = 0; i < draws.Length; i++)
        {
            draws[i] = Draw(bits);
        }

        bits.WipeSpent();
    }

    /// <summary>One draw by unbounded integers: what the other widths are tested by.</summary>
    internal long SampleUnbounded(RandomBits bits)
    {
        while (true)
        {
            (bool negative, long magnitude) = DiscreteLaplace(_laplaceScale, bits);
            if (AcceptUnbounded(magnitude, bits))
            {
                return negative ? -magnitude : magnitude;
            }
        }
    }

    /// <summary>Algorithm 3.</summary>
    private long Draw(RandomBits bits)
    {
        while (true)
        {
            (bool negative, long magnitude) = DiscreteLaplace(_laplaceScale, bits);
            bool accepted = _width == Width.Unbounded ? AcceptUnbounded(magnitude, bits) : Accept(magnitude, bits);
            if (accepted)
            {
                return negative ? -magnitude : magnitude;
            }
        }
    }

    private bool AcceptUnbounded(long magnitude, RandomBits bits)
    {
        BigInteger distance = (magnitude * _scaledLaplace) - _numerator;
        return BernoulliExp(distance * distance, _acceptanceDenominator, bits);
    }

    private bool Accept(long magnitude, RandomBits bits)
    {
        ulong high = Math.BigMul((ulong)magnitude, _shortScaledLaplace, out ulong low);
        UInt128 scaled = new(high, low);
        UInt128 distance = scaled > _shortNumerator ? scaled - _shortNumerator : _shortNumerator - scaled;

        // Squares of 32-bit numbers fit a word. A longer distance lies far out and is hardly ever drawn.
        return _width == Width.Word && distance <= uint.MaxValue
            ? BernoulliExp((ulong)distance * (ulong)distance, _wordDenominator, bits)
            : BernoulliExp(UInt256.Square(distance), _wideDenominator, bits);
    }

    /// <summary>Algorithm 2 with s = 1: P(y) ∝ exp(−|y|/t).</summary>
    private static (bool Negative, long Magnitude) DiscreteLaplace(ulong t, RandomBits bits)
    {
        while (true)
        {
            ulong remainder = bits.DrawBelow(t);
            if (!BernoulliExpOfFraction(remainder, t, bits))
            {
                continue;
            }

            ulong quotient = 0;
            while (BernoulliExpOfOne(bits))
            {
                quotient++;
            }

            long magnitude = (long)(remainder + (t * quotient));
            bool negative = bits.DrawBelow(2) == 1;

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
            if (!BernoulliExpOfOne(bits))
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

    /// <inheritdoc cref="BernoulliExp(BigInteger, BigInteger, RandomBits)"/>
    private static bool BernoulliExp(UInt256 numerator, UInt256 denominator, RandomBits bits)
    {
        while (denominator.IsBelow(numerator))
        {
            if (!BernoulliExpOfOne(bits))
            {
                return false;
            }

            numerator = numerator.Less(denominator);
        }

        uint k = 1;
        while (UInt256.DrawBelow(denominator.Times(k), bits).IsBelow(numerator))
        {
            k++;
        }

        return uint.IsOddInteger(k);
    }

    /// <inheritdoc cref="BernoulliExp(BigInteger, BigInteger, RandomBits)"/>
    private static bool BernoulliExp(ulong numerator, ulong denominator, RandomBits bits)
    {
        while (numerator > denominator)
        {
            if (!BernoulliExpOfOne(bits))
            {
                return false;
            }

            numerator -= denominator;
        }

        return BernoulliExpOfFraction(numerator, denominator, bits);
    }

    /// <summary>
    /// Algorithm 1 for γ ≤ 1: count k from 1 while draws of probability γ/k succeed. The count is odd with probability
    /// 1 − γ + γ²/2! − … = exp(−γ). A count beyond 2^20, which would overflow a word, has probability 1/(2^20)!.
    /// </summary>
    private static bool BernoulliExpOfFraction(ulong numerator, ulong denominator, RandomBits bits)
    {
        ulong k = 1;
        while (bits.DrawBelow(denominator * k) < numerator)
        {
            k++;
        }

        return ulong.IsOddInteger(k);
    }

    /// <summary>Algorithm 1 for γ = 1; the draw for k = 1 always succeeds and spends nothing.</summary>
    private static bool BernoulliExpOfOne(RandomBits bits)
    {
        ulong k = 2;
        while (bits.DrawBelow(k) < 1)
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
