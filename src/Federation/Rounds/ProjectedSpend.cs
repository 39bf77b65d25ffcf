using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Federation.Rounds;

/// <summary>What a hospital that was in every round has spent when a round opens, and at most when it ends.</summary>
/// <remarks>
/// The rounds behind it count with the noise of those who survived them, this one with the noise that its fewest
/// survivors would give. A round whose <see cref="EpsilonAfter"/> is above the study's grant can't open: the ledger
/// refuses its record, and every node and auditor computes the figures again.
/// </remarks>
public readonly record struct ProjectedSpend(double EpsilonBefore, double EpsilonAfter, double Delta)
{
    /// <summary>The figures of the round that opens next; null where it releases nothing under a budget.</summary>
    internal static ProjectedSpend? Of(StudyProgram program, Study study, StudyState state, CohortSize cohort)
    {
        if (study.DifferentialPrivacy is not { } privacy || program.TrainingAlgorithm(cohort).Noise is not { } noise)
        {
            return null;
        }

        GaussianAccountant accountant = new(privacy.Budget.Delta);
        foreach (RoundState round in state.Rounds.Where(round =>
            round is { Purpose: RoundPurpose.Train, Outcome: not null }))
        {
            program.TrainingAlgorithm(new CohortSize(round.Participants.Count, round.Terms.Fewest))
                .NoiseOf(round.Survivors.Count)?.Spend(accountant);
        }

        double before = accountant.Spent.Epsilon;
        noise.Spend(accountant);
        return new ProjectedSpend(before, accountant.Spent.Epsilon, accountant.Spent.Delta);
    }
}
