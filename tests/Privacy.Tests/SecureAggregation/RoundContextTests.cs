using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: nodes that disagree on anything get different salts, nodes that agree get the same. Method: one digest from an
// independent encoder, then every field changed by itself, and fields whose plain concatenation would coincide.
public sealed class RoundContextTests
{
    private static readonly RoundContext Context = new("heart-risk", 7, 1, "plan", "base", ["zurich", "basel", "bern"]);

    [Fact]
    public void The_digest_agrees_with_an_independent_encoder()
    {
        // Python: L = lambda b: pack("<I", len(b)) + b
        // sha256(L(b"DigitalTwin/secagg/round-context/v1") + L(b"heart-risk") + pack("<QI", 7, 1) + L(b"plan") +
        //        L(b"base") + pack("<I", 3) + L(b"basel") + L(b"bern") + L(b"zurich")).hexdigest()
        Assert.Equal(
            "080C47E514D5EDAE12E469DC4768EE61039A3ABEE46CD0DA1EC26A2DE6FF3FAD",
            Convert.ToHexString(Context.Digest()));
    }

    [Fact]
    public void The_order_of_the_cohort_does_not_matter()
    {
        RoundContext reordered = Context with { Cohort = ["bern", "zurich", "basel"] };

        Assert.Equal(Context.Digest(), reordered.Digest());
        Assert.Equal(Context, reordered);
        Assert.Equal(Context.GetHashCode(), reordered.GetHashCode());
    }

    [Fact]
    public void Every_field_changes_the_digest()
    {
        RoundContext[] contexts =
        [
            Context,
            Context with { Study = "heart-risks" },
            Context with { Round = 8 },
            Context with { Attempt = 2 },
            Context with { PlanDigest = "plan2" },
            Context with { BaseModel = "" },
            Context with { Cohort = ["zurich", "basel"] },
            Context with { Cohort = ["zurich", "basel", "Bern"] },

            // The same characters, divided differently.
            Context with { PlanDigest = "planb", BaseModel = "ase" },
            Context with { Cohort = ["zurich", "baselbern"] },
        ];

        Assert.Distinct(contexts.Select(context => Convert.ToHexString(context.Digest())));
        Assert.Distinct(contexts);
    }

    [Fact]
    public void A_cohort_cannot_be_changed_behind_the_contexts_back()
    {
        List<string> cohort = ["a", "b", "c"];
        RoundContext context = Context with { Cohort = cohort };

        cohort[2] = "a";

        Assert.Equal(["a", "b", "c"], context.Cohort);
    }

    [Fact]
    public void A_name_twice_or_empty_is_refused()
    {
        Assert.Throws<CohortException>(() => Context with { Cohort = ["a", "b", "a"] });
        Assert.Throws<CohortException>(() => Context with { Cohort = ["a", "", "b"] });
        Assert.Throws<CohortException>(() => new RoundContext("s", 1, 0, "p", "m", ["a", "a"]));
    }

    [Fact]
    public void A_study_or_plan_without_a_name_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Context with { Study = "" });
        Assert.Throws<ArgumentException>(() => new RoundContext("s", 1, 0, "", "m", ["a", "b"]));
    }

    [Fact]
    public void A_name_that_is_not_valid_text_is_refused_rather_than_replaced()
    {
        RoundContext context = Context with { Study = "\ud800" };

        Assert.ThrowsAny<ArgumentException>(() => context.Digest());
    }
}
