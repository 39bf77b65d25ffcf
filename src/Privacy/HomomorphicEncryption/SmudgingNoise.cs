namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>
/// How much noise hides the secret in a partial decryption, and how much room it needs in the modulus.
/// </summary>
/// <remarks>
/// <para>Noise of a fresh addend, per coefficient: e·u and e_1·s, each N products of an error (variance 21/2) and a
/// ternary coefficient (2/3) for every one of p dealers, e_0, the rounding of the plaintext (1/12) and the low bits of
/// c0 that do not travel (2^(2d)/12). For n addends and one re-randomisation
/// σ_ct² = n·(p·N·(4/3)·10.5 + 10.5 + 1/12 + 2^(2d)/12) + p·N·(4/3)·10.5 + 10.5.</para>
/// <para>Smudging: Li, Micciancio, Schultz and Sorrell, "Securing Approximate Homomorphic Encryption Using Differential
/// Privacy", CRYPTO 2022: σ_sm = √(12τ)·2^(s/2)·σ_ct for τ decryptions and s = 40 bits of statistical security. τ
/// counts ciphertexts and s is per coefficient: over all N = 2^13 coefficients of all of them the divergence adds up to
/// N times as much, 27 bits in the same measure. Counting coefficients instead would take 6.5 bits from the
/// plaintext.</para>
/// <para>The argument needs the divergence KL(P ‖ P + e) ≤ ρ·e² with ρ = 1/(2σ²) only. For a sum of 16 or more uniform
/// integers it is larger than the Gaussian's by the Fisher information times the variance, 1.0011 at 16 terms and less
/// above, which the variance is raised for. (The supports differ at the edge, of probability below 2^−300.)</para>
/// <para>Failure: the noise of honest addends is bounded without exception (42pN + 21 + …), and a sum of uniform
/// integers is sub-Gaussian, so 2N·exp(−z²/2) = 2^−64 bounds the probability that any of N coefficients leaves z·σ
/// (Hoeffding).</para>
/// </remarks>
internal sealed class SmudgingNoise
{
    /// <summary>s, bits of statistical security.</summary>
    internal const int StatisticalBits = 40;

    /// <summary>Decryption fails with probability at most 2^−64 per ciphertext.</summary>
    internal const int FailureBits = 64;

    /// <summary>Fewest uniform terms of a sum.</summary>
    internal const int LeastTerms = 16;

    // Fisher information times variance of the Irwin–Hall distribution of 16 terms is 1.00107.
    private const double FisherAllowance = 1.0012;

    internal SmudgingNoise(int degree, int dealers, int threshold, int addends, int droppedBits)
    {
        double products = dealers * (double)degree * 2 * RingSampler.TernaryVariance * RingSampler.ErrorVariance;
        double fresh = products + RingSampler.ErrorVariance;
        double rounding = (1 + double.Pow(4, droppedBits)) / 12;
        CiphertextVariance = (addends * (fresh + rounding)) + fresh;

        double wanted = 12.0 * ThresholdParameters.MostDecryptions * double.Pow(2, StatisticalBits)
            * CiphertextVariance * FisherAllowance;

        // The widest terms that leave 16 of them or more; an even number, so that their mean is an integer.
        TermBits = (int)double.Floor(double.Log2(12 * wanted / LeastTerms) / 2);
        Terms = 2 * (int)double.Ceiling(6 * wanted / double.Pow(4, TermBits));
        Variance = Terms * (double.Pow(4, TermBits) - 1) / 12;

        double bounded = (addends + 1) * ((2.0 * RingSampler.ErrorCoins * dealers * degree) + RingSampler.ErrorCoins)
            + (addends * (1 + double.Pow(2, droppedBits)));
        double tail = double.Sqrt(2 * double.Log(2) * (FailureBits + 1 + double.Log2(degree)));
        Bound = bounded + (tail * double.Sqrt(threshold * Terms * double.Pow(4, TermBits) / 12));
    }

    /// <summary>σ_ct², per coefficient of a sum of as many addends as allowed, re-randomised.</summary>
    internal double CiphertextVariance { get; }

    /// <summary>σ_sm² of one partial decryption, as drawn.</summary>
    internal double Variance { get; }

    /// <summary>Uniform integers in a draw, even.</summary>
    internal int Terms { get; }

    /// <summary>Bits of each uniform integer.</summary>
    internal int TermBits { get; }

    /// <summary>What no coefficient's noise exceeds, but for the failure probability.</summary>
    internal double Bound { get; }
}
