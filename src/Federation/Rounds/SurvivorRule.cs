using DigitalTwin.Federation.Studies;
using DigitalTwin.Ledger.Members;

namespace DigitalTwin.Federation.Rounds;

/// <summary>How many hospitals of a round may be lost.</summary>
public static class SurvivorRule
{
    /// <summary>
    /// Hospitals whose addends must be in a sum before it is opened: the quorum ⌊2n/3⌋+1, or more if the study says so.
    /// </summary>
    /// <remarks>
    /// The quorum is above (n + f)/2 for f &lt; n/3 dishonest hospitals, as Bonawitz et al. (CCS 2017, theorem 6.5)
    /// demand against a coordinator that shows different survivors to different hospitals. It is computed here, by
    /// every party, and not chosen by anyone.
    /// </remarks>
    public static int Fewest(Study study, int participants) =>
        Math.Max(study.MinimumSites, Quorum.Of(participants));
}
