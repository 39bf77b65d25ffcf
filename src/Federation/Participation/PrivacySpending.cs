using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Federation.Participation;

/// <summary>What the journal's releases cost this hospital's patients.</summary>
public static class PrivacySpending
{
    /// <summary>(ε, δ) of one study so far; null when nothing was released under differential privacy.</summary>
    /// <param name="without">A round to leave out, as it was before it.</param>
    public static PrivacyBudget? OfStudy(SpendingJournal journal, string study, RoundState? without = null)
    {
        SpendingEntry[] releases =
        [
            .. journal.Attempts(study).Where(entry => entry is { Uploaded: true, NoiseMultiplier: not null }
                && (without is null || entry.Round != without.Number || entry.Attempt != without.Attempt)),
        ];
        if (releases.Length == 0)
        {
            return null;
        }

        GaussianAccountant accountant = new(releases[0].Delta!.Value);
        foreach (SpendingEntry release in releases)
        {
            NoiseOf(release).Spend(accountant);
        }

        return accountant.Spent;
    }

    /// <summary>Sum of ε over all studies but <paramref name="except"/> (basic composition).</summary>
    public static double EpsilonBeside(SpendingJournal journal, string except) => journal.Entries
        .Select(entry => entry.Study)
        .Where(study => study != except)
        .Distinct()
        .Sum(study => OfStudy(journal, study)?.Epsilon ?? 0);

    // σ and clip in units of the statistic do not enter the accounting: their ratio does.
    private static RoundNoise NoiseOf(SpendingEntry release) => new(
        Sigma: release.NoiseMultiplier!.Value,
        Clip: 1,
        release.NoiseMultiplier.Value,
        release.SigmaGrid,
        release.Coordinates,
        release.Concentrated);
}
