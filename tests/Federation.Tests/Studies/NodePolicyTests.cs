using DigitalTwin.Documents;
using DigitalTwin.Federation.Studies;

namespace DigitalTwin.Federation.Tests.Studies;

// Goal: a policy is a floor that fails closed, and each refusal names its rule.
public sealed class NodePolicyTests
{
    private static readonly Study Private = StudyText.Study("{ kind: gradient }", StudyText.EpsilonOne);

    public static TheoryData<string, string, string> Rules => new()
    {
        { "[heart-disease/v1]", "[diabetes/v1]", "contracts" },
        { "[logistic, mlp]", "[mlp]", "models" },
        { "[gradient, newton]", "[newton]", "algorithms" },
        { "sites: { fewest: 3 }", "sites: { fewest: 4 }", "sites.fewest" },
        { "rows: { fewest: 20 }", "rows: { fewest: 200 }", "rows.fewest" },
        { "perSite: true", "perSite: false", "metrics.perSite" },
        { "mostEpsilonPerStudy: 1,", "mostEpsilonPerStudy: 0.99,", "privacy.mostEpsilonPerStudy" },
        { "mostEpsilonInTotal: 1.5", "mostEpsilonInTotal: 1.2", "privacy.mostEpsilonInTotal" },
        { "mostDelta: 0.001", "mostDelta: 0.0001", "privacy.mostDelta" },
        { "distributedNoise: true", "distributedNoise: false", "privacy.distributedNoise" },
    };

    public static TheoryData<string> Fields =>
    [
        "version", "contracts", "models", "algorithms", "privacy", "sites", "rows", "metrics", "approval",
    ];

    [Fact]
    public void A_study_within_every_limit_is_allowed() =>
        Assert.Null(NodePolicy.Parse("p.yaml", PolicyText.Yaml).Check(Private, rows: 100, epsilonSpent: 0.5));

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_study_outside_one_limit_is_refused_by_its_rule(string text, string stricter, string rule)
    {
        Assert.Contains(text, PolicyText.Yaml, StringComparison.Ordinal);
        NodePolicy policy = NodePolicy.Parse(
            "p.yaml", PolicyText.Yaml.Replace(text, stricter, StringComparison.Ordinal));

        Refusal? refusal = policy.Check(Private, rows: 100, epsilonSpent: 0.5);

        Assert.Equal(rule, refusal?.Rule);
        Assert.EndsWith(".", refusal!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_study_without_differential_privacy_needs_leave()
    {
        NodePolicy strict = NodePolicy.Parse("p.yaml", PolicyText.Yaml);
        NodePolicy open = NodePolicy.Parse("p.yaml", PolicyText.Open);

        Assert.Equal("privacy.withoutDifferentialPrivacy", strict.Check(StudyText.Study(), 100, 0)!.Rule);
        Assert.Null(open.Check(StudyText.Study(), 100, 0));
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_policy_without_a_field_does_not_parse(string field)
    {
        string[] lines = [.. PolicyText.Yaml.Split('\n').Where(line =>
            !line.StartsWith(field + ":", StringComparison.Ordinal))];

        DocumentException refused = Assert.Throws<DocumentException>(
            () => NodePolicy.Parse("p.yaml", string.Join('\n', lines)));

        Assert.Contains($"{field}: is missing", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("approval: automatic", "approval: maybe")]
    [InlineData("approval: automatic", "approval: automatic\nspeed: 1")]
    [InlineData("sites: { fewest: 3 }", "sites: { fewest: 2 }")]
    [InlineData("[logistic, mlp]", "[logistic, forest]")]
    [InlineData("mostEpsilonPerStudy: 1,", "mostEpsilonPerStudi: 1,")]
    public void A_policy_with_an_unknown_word_or_a_limit_too_wide_does_not_parse(string text, string altered) =>
        Assert.Throws<DocumentException>(() => NodePolicy.Parse(
            "p.yaml", PolicyText.Yaml.Replace(text, altered, StringComparison.Ordinal)));

    [Fact]
    public void An_empty_policy_does_not_parse() =>
        Assert.Throws<DocumentException>(() => NodePolicy.Parse("p.yaml", ""));
}
