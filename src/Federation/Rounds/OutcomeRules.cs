using System.Text.Json.Nodes;

namespace DigitalTwin.Federation.Rounds;

/// <summary>
/// What a <c>round-closed</c> record may say: exactly the committed addends of exactly the survivors.
/// </summary>
internal static class OutcomeRules
{
    /// <summary>
    /// Why a record does not fit, with the name of the hospital whose addend is wrong; null when it does.
    /// </summary>
    public static string? Refuses(RoundState round, JsonObject fields)
    {
        (string Site, string Sha256)[] addends = Pairs(fields, "addends");
        HashSet<string> counted = new(StringComparer.Ordinal);
        foreach ((string site, string digest) in addends)
        {
            string? fault = !round.Cohort.Contains(site)
                    ? $"holds an addend of {site}, which is not among its survivors"
                : !counted.Add(site) ? $"counts the addend of {site} twice"
                : digest != round.Commitments[site]
                    ? $"holds another addend of {site} than the one it committed to"
                : null;
            if (fault is not null)
            {
                return $"The sum of round {round.Number} {fault}.";
            }
        }

        string? dropped = round.Cohort.FirstOrDefault(site => !counted.Contains(site));
        return dropped is not null
            ? $"The sum of round {round.Number} leaves out the addend of {dropped}."
            : RefusesOpenings(round, fields);
    }

    /// <summary>The pairs of a list of sites and digests, each site once.</summary>
    public static Dictionary<string, string> Read(JsonObject fields, string name) =>
        Pairs(fields, name).ToDictionary(pair => pair.Site, pair => pair.Sha256, StringComparer.Ordinal);

    private static string? RefusesOpenings(RoundState round, JsonObject fields)
    {
        HashSet<string> used = new(StringComparer.Ordinal);
        foreach ((string site, string digest) in Pairs(fields, "openings"))
        {
            if (!used.Add(site) || round.Openings.GetValueOrDefault(site)?.Sha256 != digest)
            {
                return $"Round {round.Number} is opened with something of {site} that it did not give, or twice.";
            }
        }

        return null;
    }

    private static (string Site, string Sha256)[] Pairs(JsonObject fields, string name) =>
    [
        .. fields[name]!.AsArray().Select(item =>
            (item!["site"]!.GetValue<string>(), item["sha256"]!.GetValue<string>())),
    ];
}
