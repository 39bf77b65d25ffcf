using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Protection;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Privacy.HomomorphicEncryption;

namespace DigitalTwin.Federation.Rounds;

/// <summary>
/// What the next round of a study has to be: a function of document and ledger that every party computes.
/// </summary>
internal static class RoundPlan
{
    /// <summary>The terms on which the next round is opened for these hospitals.</summary>
    public static RoundTerms TermsOf(
        StudyProgram program, Study study, StudyState state, ModelState model, IReadOnlyList<string> participants)
    {
        (int number, int attempt) = state.NextRound;
        int fewest = SurvivorRule.Fewest(study, participants.Count);
        RoundTerms terms = new(
            number, attempt, RoundPurpose.Keys, model.Sha256(), participants, study.Protection, participants.Count,
            Words: 0, SlotBits: RoundAlgorithm.ExactSlotBits, Sigma: null);
        if (NeedsKeys(program, study, state, model, participants))
        {
            return terms;
        }

        CohortSize cohort = new(participants.Count, fewest);
        RoundAlgorithm algorithm = program.AlgorithmFor(model, cohort);
        return terms with
        {
            Spend = model.Next == RoundPurpose.Train ? ProjectedSpend.Of(program, study, state, cohort) : null,
            Purpose = model.Next!.Value,
            Fewest = fewest,
            Words = algorithm.Words,
            SlotBits = algorithm.SlotBits,
            Sigma = algorithm.Noise?.Sigma,
        };
    }

    /// <summary>Whether the hospitals must make a key before the next sum.</summary>
    private static bool NeedsKeys(
        StudyProgram program, Study study, StudyState state, ModelState model, IReadOnlyList<string> participants)
    {
        if (study.Protection != SumProtection.ThresholdEncryption)
        {
            return false;
        }

        if (state.KeyRound is not { } ceremony)
        {
            return true;
        }

        ThresholdSetting setting = ThresholdSetting.Of(ceremony);
        int fewest = SurvivorRule.Fewest(study, participants.Count);
        RoundAlgorithm algorithm = program.AlgorithmFor(model, new CohortSize(participants.Count, fewest));
        long spent = state.Rounds
            .SkipWhile(round => round != ceremony)
            .Where(round => round.Survivors.Count > 0 && round.Purpose != RoundPurpose.Keys)
            .Sum(round => (long)setting.Parameters.CiphertextsFor(round.Words, round.Terms.SlotBits));
        return participants.Any(site => !setting.Parties.Contains(site))
            || fewest < setting.Parameters.Threshold
            || spent + setting.Parameters.CiphertextsFor(algorithm.Words, algorithm.SlotBits)
                > ThresholdParameters.MostDecryptions;
    }
}
