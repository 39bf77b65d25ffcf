using DigitalTwin.Federation.Rounds;

namespace DigitalTwin.Federation.Tests.Rounds;

// Goal: nobody breaks the order opened, joined, committed, closed, attested, final. Method: in every phase of a round
// each record that does not belong there is handed in, and must be refused with a sentence.
public sealed class StudyBookTests
{
    private static readonly Dictionary<string, Func<BookScript, BookScript>> Records = new(StringComparer.Ordinal)
    {
        ["round-opened"] = script => script.Open(),
        ["round-joined"] = script => script.Join("a"),
        ["shares-dealt"] = script => script.Deal("a"),
        ["cohort-fixed"] = script => script.Fix(CohortRules.WordOf(script.Study.Current!.Phase) is var phase
            && phase is "sharing" or "committing" or "uploading" ? phase : "sharing"),
        ["update-committed"] = script => script.Commit("a"),
        ["sum-opened"] = script => script.OpenSum("a"),
        ["round-closed"] = script => script.OpenSum("a").OpenSum("b").OpenSum("c").Close(),
        ["sum-attested"] = script => script.Attest("a"),
        ["round-final"] = script => script.Final(),
        ["round-aborted"] = script => script.Abort("d"),
        ["model-released"] = script => script.Release(),
        ["study-accepted"] = script => script.Accept("a"),
        ["study-declined"] = script => script.Decline("a"),
        ["study-approved"] = script => script.Approve(),
        ["study-proposed"] = script => script.Propose(),
    };

    // Which of the records above fit a round in this phase.
    private static readonly Dictionary<RoundPhase, string[]> Fitting = new()
    {
        [RoundPhase.Joining] = ["round-joined", "round-aborted"],
        [RoundPhase.Sharing] = ["shares-dealt", "round-aborted"],
        [RoundPhase.Committing] = ["update-committed", "round-aborted"],
        [RoundPhase.Uploading] = ["cohort-fixed"],
        [RoundPhase.Opening] = ["sum-opened", "round-closed"],
        [RoundPhase.Attesting] = ["sum-attested"],
        [RoundPhase.Final] = ["model-released"],
        [RoundPhase.Aborted] = [],
    };

    public static TheoryData<RoundPhase, string> Misfits => new(
        Fitting.SelectMany(pair => Records.Keys.Except(pair.Value).Select(name => (pair.Key, name))));

    public static TheoryData<RoundPhase, string> Fits => new(
        Fitting.SelectMany(pair => pair.Value.Select(name => (pair.Key, name))));

    [Theory]
    [MemberData(nameof(Misfits))]
    public void A_record_out_of_order_is_refused(RoundPhase phase, string record)
    {
        BookScript script = BookScript.In(phase);
        Assert.Null(script.Refusal);

        Records[record](script);

        Assert.False(string.IsNullOrWhiteSpace(script.Refusal));
        Assert.EndsWith(".", script.Refusal, StringComparison.Ordinal);
        Assert.Equal(phase, script.Study.Current!.Phase);
    }

    [Theory]
    [MemberData(nameof(Fits))]
    public void A_record_in_order_is_taken(RoundPhase phase, string record)
    {
        BookScript script = BookScript.In(phase);

        Records[record](script);

        Assert.Null(script.Refusal);
    }

    [Fact]
    public void Once_who_committed_is_fixed_a_round_cannot_be_given_up()
    {
        BookScript script = BookScript.In(RoundPhase.Uploading).Abort("d");

        Assert.Contains("does not fit round 1", script.Refusal, StringComparison.Ordinal);
        Assert.Equal(RoundPhase.Uploading, script.Study.Current!.Phase);
        Assert.Empty(script.Study.Dropped);
    }

    [Fact]
    public void With_one_commitment_missing_it_still_can_and_the_lost_site_stays_out()
    {
        BookScript script = BookScript.In(RoundPhase.Committing).Commit("a").Commit("b").Commit("c").Abort("d");

        Assert.Null(script.Refusal);
        Assert.Equal(["a", "b", "c"], script.Study.Active);
        Assert.Equal((1, 2), script.Study.NextRound);
        Assert.Contains("d takes no part", script.Open(attempt: 2).Refusal, StringComparison.Ordinal);
        Assert.Null(script.Open(attempt: 2, sites: ["a", "b", "c"]).Refusal);
    }

    [Fact]
    public void A_hospital_commits_and_joins_once()
    {
        BookScript joining = BookScript.Approved().Open().Join("a").Join("a");
        BookScript committing = BookScript.In(RoundPhase.Committing).Commit("a").Commit("a");
        BookScript attesting = BookScript.In(RoundPhase.Attesting).Attest("a").Attest("a");

        Assert.Contains("round-joined by a does not fit", joining.Refusal, StringComparison.Ordinal);
        Assert.Contains("update-committed by a does not fit", committing.Refusal, StringComparison.Ordinal);
        Assert.Equal("a has attested round 1 already.", attesting.Refusal);
    }

    [Theory]
    [InlineData("stranger")]
    [InlineData("A")]
    public void A_stranger_to_the_cohort_moves_no_round(string site)
    {
        BookScript script = BookScript.In(RoundPhase.Attesting);
        if (site == "A")
        {
            // Not even an identifier: the catalogue throws before the book is asked.
            Assert.ThrowsAny<FormatException>(() => script.Attest(site));
            return;
        }

        Assert.Equal("stranger is not in the cohort of round 1.", script.Attest(site).Refusal);
        Assert.Equal("stranger is not in the cohort of round 1.", script.DeclineRound(site).Refusal);
        Assert.Equal("stranger takes no part in heart-risk.", script.Evaluate(site).Refusal);
    }

    [Fact]
    public void A_round_closes_over_exactly_the_committed_addends()
    {
        BookScript opened = BookScript.In(RoundPhase.Opening).OpenSum("a").OpenSum("b").OpenSum("c");

        Assert.Equal(
            "The sum of round 1 holds another addend of a than the one it committed to.", opened.Close('e').Refusal);
        Assert.Equal(
            "The sum of round 1 leaves out the addend of d.", opened.Close(sites: ["a", "b", "c"]).Refusal);
        Assert.Equal(
            "The sum of round 1 counts the addend of b twice.",
            opened.Close(sites: ["a", "b", "b", "c", "d"]).Refusal);
        Assert.Equal(
            "The sum of round 1 holds an addend of e, which is not among its survivors.",
            opened.Close(sites: ["a", "b", "c", "d", "e"]).Refusal);
        Assert.Contains("of a that it did not give", opened.Close(opening: 'e').Refusal, StringComparison.Ordinal);
        Assert.Null(opened.Close().Refusal);
    }

    [Theory]
    [InlineData('6', '2')]
    [InlineData('5', '3')]
    public void An_attestation_is_of_the_published_sum_and_model(char sum, char model) => Assert.Contains(
        "another sum or model",
        BookScript.In(RoundPhase.Attesting).Attest("a", sum, model).Refusal,
        StringComparison.Ordinal);

    [Fact]
    public void A_round_is_final_from_two_thirds_of_the_cohort_on()
    {
        BookScript script = BookScript.In(RoundPhase.Attesting).Attest("a").Attest("b");

        Assert.Equal("Round 1 has only 2 attestations.", script.Final().Refusal);
        Assert.Null(script.Attest("c").Final().Refusal);
        Assert.Equal(BookScript.Digest('2'), script.Study.LatestModel);
        Assert.Null(script.Attest("d").Refusal);
    }

    [Theory]
    [InlineData(2, 1, '2', null)]
    [InlineData(2, 1, '1', "starts from another model")]
    [InlineData(3, 1, '2', "The next round of study heart-risk is 2, attempt 1.")]
    [InlineData(2, 2, '2', "The next round of study heart-risk is 2, attempt 1.")]
    public void The_next_round_has_the_next_number_and_the_attested_model(
        int round, int attempt, char model, string? refusal)
    {
        BookScript script = BookScript.In(RoundPhase.Final).Open(round, attempt, model);

        if (refusal is null)
        {
            Assert.Null(script.Refusal);
        }
        else
        {
            Assert.Contains(refusal, script.Refusal, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_round_is_of_the_approved_plan() => Assert.Contains(
        "another plan", BookScript.Approved().Open(plan: 'e').Refusal, StringComparison.Ordinal);

    [Theory]
    [InlineData("many")]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1-2-3")]
    [InlineData("-5-10")]
    [InlineData("1e5-2e5")]
    [InlineData("0-99999999999999999999")]
    [InlineData("200-100")]
    public void An_acceptance_without_a_bucket_is_refused_for_every_node_computes_with_it(string bucket)
    {
        if (bucket.Length == 0)
        {
            Assert.ThrowsAny<FormatException>(() => RowsBucket.Middle(bucket));
            return;
        }

        Assert.Contains("bucket", new BookScript().Propose().Accept("a", rows: bucket).Refusal,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Answers_are_given_once_in_time_and_to_the_proposed_document()
    {
        Assert.Contains("already answered", new BookScript().Propose().Accept("a").Decline("a").Refusal,
            StringComparison.Ordinal);
        Assert.Contains("another document", new BookScript().Propose().Accept("a", 'e').Refusal,
            StringComparison.Ordinal);
        Assert.Contains("too late", BookScript.Approved().Accept("e").Refusal, StringComparison.Ordinal);
        Assert.Equal("There is no study heart-risk.", new BookScript().Accept("a").Refusal);
        Assert.Equal("e has not accepted study heart-risk.",
            new BookScript().Propose().Accept("a").Approve("a", "e").Refusal);
    }

    [Fact]
    public void A_closed_study_takes_nothing_more()
    {
        BookScript script = BookScript.In(RoundPhase.Final).Evaluate("a").Release().End();

        Assert.Null(script.Refusal);
        Assert.Equal(new StudyClosing("complete", "Over.", null), script.Study.Closing);
        Assert.Equal(0.8, script.Study.Evaluations["a"].Accuracy);
        Assert.Null(script.Study.Evaluations["a"].Auroc);
        Assert.Equal("Study heart-risk is closed.", script.Open(2, 1, '2').Refusal);
        Assert.Equal("Study heart-risk is closed.", script.End().Refusal);
        Assert.Equal("Study heart-risk was proposed before; choose another name.", script.Propose().Refusal);
    }

    [Fact]
    public void Only_the_attested_model_can_be_released()
    {
        Assert.Contains("Only the newest model", BookScript.In(RoundPhase.Final).Release('7').Refusal,
            StringComparison.Ordinal);
        Assert.Contains("Only the newest model", BookScript.In(RoundPhase.Attesting).Release().Refusal,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_released_model_is_revoked_once_also_after_the_study()
    {
        BookScript script = BookScript.In(RoundPhase.Final);
        Assert.Contains("released no such model", script.Revoke().Refusal, StringComparison.Ordinal);
        script.Release().End();
        Assert.Contains("released no such model", script.Revoke('7').Refusal, StringComparison.Ordinal);

        Assert.Null(script.Revoke().Refusal);
        Assert.Equal("A drill.", script.Study.Revoked);
        Assert.Contains("revoked before", script.Revoke().Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void An_amended_study_asks_its_hospitals_again_and_a_started_one_is_not_amended()
    {
        BookScript script = new BookScript().Propose().Accept("a").Accept("b").Decline("c");
        Assert.Contains("is lab's", script.Amend(author: "other").Refusal, StringComparison.Ordinal);
        Assert.Contains("another document", script.Amend(from: 'f').Refusal, StringComparison.Ordinal);

        Assert.Null(script.Amend().Refusal);
        Assert.Empty(script.Study.Accepted);
        Assert.Empty(script.Study.Declined);
        Assert.Contains("another document", script.Accept("a").Refusal, StringComparison.Ordinal);
        Assert.Null(script.Accept("a", document: 'e').Refusal);
        Assert.Contains("has started", BookScript.Approved().Amend().Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RoundPhase.Joining)]
    [InlineData(RoundPhase.Attesting)]
    [InlineData(RoundPhase.Aborted)]
    public void Snapshots_of_a_participant_are_numbered_without_a_gap(RoundPhase phase)
    {
        BookScript script = BookScript.In(phase).Snapshot("a", 1).Snapshot("a", 2).Snapshot("b", 1);
        Assert.Null(script.Refusal);
        Assert.Equal(2, script.Study.Snapshots["a"].Number);

        Assert.Equal("a commits to snapshot 2 of study heart-risk; 3 is next.", script.Snapshot("a", 2).Refusal);
        Assert.Equal("a commits to snapshot 4 of study heart-risk; 3 is next.", script.Snapshot("a", 4).Refusal);
        Assert.Equal("c commits to snapshot 0 of study heart-risk; 1 is next.", script.Snapshot("c", 0).Refusal);
        Assert.Equal(2, script.Study.Snapshots["a"].Number);
    }

    [Fact]
    public void Who_takes_no_part_has_no_snapshot()
    {
        Assert.Equal(
            "d takes no part in heart-risk.",
            Accepted().Approve("a", "b", "c").Snapshot("d", 1).Refusal);
        Assert.Equal("a takes no part in heart-risk.", Accepted().Snapshot("a", 1).Refusal);

        static BookScript Accepted() => BookScript.Hospitals
            .Aggregate(new BookScript().Propose(), (script, site) => script.Accept(site));
    }
}
