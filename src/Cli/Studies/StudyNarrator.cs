using DigitalTwin.Cli.Reporting;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;

namespace DigitalTwin.Cli.Studies;

/// <summary>Tells a person what is new in a study, and keeps the rounds for the result.</summary>
/// <param name="progress">Where it is told; null keeps silent.</param>
internal sealed class StudyNarrator(RunProgress? progress, bool isPrivate, TimeProvider time)
{
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Round, int Attempt), long> _opened = [];
    private readonly List<RoundResult> _rounds = [];

    /// <summary>The final rounds so far.</summary>
    public IReadOnlyList<RoundResult> Rounds => _rounds;

    public void Tell(StudyState study)
    {
        foreach ((string site, Acceptance acceptance) in study.Accepted)
        {
            Once($"accepted {site}", () => progress?.SiteJoined(
                site, $"rows {acceptance.RowsBucket}, prevalence {acceptance.PrevalenceBucket}"));
        }

        foreach ((string site, string reason) in study.Declined)
        {
            Once($"declined {site}", () => progress?.SiteDeclined(site, reason));
        }

        foreach ((string site, string reason) in study.Dropped)
        {
            Once($"dropped {site}", () => progress?.SiteDropped(site, reason));
        }

        foreach (RoundState round in study.Rounds)
        {
            _opened.TryAdd((round.Number, round.Attempt), time.GetTimestamp());
            if (round.Phase == RoundPhase.Final)
            {
                Once($"final {round.Number}", () => Close(round));
            }
        }
    }

    private void Close(RoundState round)
    {
        RoundResult result = new(
            round.Number,
            round.Outcome!.Loss,
            round.Attestations.ToDictionary(pair => pair.Key, pair => pair.Value.WireBytes, StringComparer.Ordinal),
            Math.Round(time.GetElapsedTime(_opened[(round.Number, round.Attempt)]).TotalSeconds, 3),
            ModelState.NameOf(round.Purpose),
            round.Outcome.Loss is null ? null : isPrivate ? LossSources.HeldOut : LossSources.Training);
        _rounds.Add(result);
        progress?.RoundClosed(result, round.Attestations
            .Where(pair => pair.Value.Epsilon is not null)
            .ToDictionary(pair => pair.Key, pair => pair.Value.Epsilon!.Value, StringComparer.Ordinal));
    }

    private void Once(string what, Action tell)
    {
        if (_told.Add(what))
        {
            tell();
        }
    }
}
