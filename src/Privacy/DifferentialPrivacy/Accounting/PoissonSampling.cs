namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>
/// Poisson sampling: in every step each patient is in the batch with the same probability, independently of all others
/// and of all other steps.
/// </summary>
/// <remarks>
/// Privacy amplification by sampling is proved for exactly this. Batches of a shuffled list, of a fixed size or with a
/// remainder left out leak more (Chua et al., "How Private are DP-SGD Implementations?", ICML 2024), so the sampler
/// hands out its own accounting and nothing else does: who does not draw here cannot be accounted as if he had. A batch
/// may be empty, and still gets its noise; sums are divided by the expected batch, never by the drawn one.
/// </remarks>
public sealed class PoissonSampling
{
    private const int BitsOfWord = 64;

    // More terms than a mixture is still worth having against the worst case.
    private const int MostRecords = 1_000;

    /// <param name="rate">The probability, above zero and at most one.</param>
    public PoissonSampling(double rate)
    {
        Rate = rate is > 0 and <= 1
            ? rate
            : throw new ArgumentOutOfRangeException(nameof(rate), rate, "A sampling rate is above 0 and at most 1.");
    }

    /// <summary>The probability with which a patient is in a batch.</summary>
    public double Rate { get; }

    /// <summary>How many of <paramref name="patients"/> are in a batch on average: what a sum is divided by.</summary>
    public double ExpectedBatch(int patients) => Rate * patients;

    /// <summary>Draws a batch: the indices of its patients in ascending order, none in the extreme case.</summary>
    /// <param name="patients">How many there are.</param>
    /// <param name="bits">Independent uniform bits.</param>
    public IReadOnlyList<int> Draw(int patients, RandomBits bits)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(patients);
        ArgumentNullException.ThrowIfNull(bits);
        List<int> batch = [];
        for (int patient = 0; patient < patients; patient++)
        {
            if (IsDrawn(bits))
            {
                batch.Add(patient);
            }
        }

        return batch;
    }

    /// <summary>One step of Gaussian noise on the sum over such a batch.</summary>
    /// <param name="noiseMultiplier">σ over the largest L2 norm of a patient's part.</param>
    public PrivacyMechanism Gaussian(double noiseMultiplier) => Rate == 1
        ? new GaussianMechanism(noiseMultiplier)
        : new SampledGaussianMechanism(Rate, noiseMultiplier);

    /// <summary>One step of Gaussian noise where records are sampled, and a patient has several of them.</summary>
    /// <remarks>
    /// How many of a patient's records are in a batch is binomial, and each adds up to the clip. Rényi orders take the
    /// worst case of all of them being in; the privacy loss distribution is that of the mixture.
    /// </remarks>
    /// <param name="records">Records of a patient, at most; 1 to 1000.</param>
    /// <param name="noiseMultiplier">σ over the largest L2 norm of a record's part.</param>
    public PrivacyMechanism GaussianOfRecords(int records, double noiseMultiplier)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(records);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(records, MostRecords);
        if (records == 1 || Rate == 1)
        {
            return Gaussian(noiseMultiplier / records);
        }

        List<double> drawn = [];
        List<double> probabilities = [];
        double logBinomial = 0;
        for (int k = 0; k <= records; k++)
        {
            logBinomial += k == 0 ? 0 : Math.Log((records - k + 1.0) / k);
            double logProbability = logBinomial + (k * Math.Log(Rate)) + ((records - k) * NearOne.LogOnePlus(-Rate));
            if (Math.Exp(logProbability) > 0)
            {
                drawn.Add(k);
                probabilities.Add(Math.Exp(logProbability));
            }
        }

        return new GaussianMixtureMechanism(noiseMultiplier, drawn, probabilities);
    }

    // Exactly Bernoulli(Rate): the binary digits of a uniform number are compared with those of the rate, 64 at a time,
    // until they differ. A double has finitely many.
    private bool IsDrawn(RandomBits bits)
    {
        double rest = Rate;
        if (rest == 1)
        {
            return true;
        }

        while (rest > 0)
        {
            rest = Math.ScaleB(rest, BitsOfWord);
            ulong digits = (ulong)rest;
            ulong drawn = bits.NextUInt64();
            if (drawn != digits)
            {
                return drawn < digits;
            }

            rest -= digits;
        }

        return false;
    }
}
