using System.Globalization;
using System.Xml.Linq;

namespace DigitalTwin.Cli.Reporting.Pages;

/// <summary>What the privacy numbers mean, in words that promise no more than the mechanism keeps.</summary>
internal static class PrivacyWords
{
    public static IEnumerable<XElement> Describe(RunResult result)
    {
        PrivacyResult privacy = result.Privacy;
        double? epsilon = result.Sites.Max(site => site.Epsilon);
        double? delta = result.Sites.Max(site => site.Delta);
        yield return Xhtml.Paragraph(Protection(privacy.Protection));
        yield return Xhtml.Paragraph(Noise(privacy.Noise));
        if (epsilon is double spent)
        {
            yield return Xhtml.Paragraph(Meaning(spent, delta));
        }

        yield return Xhtml.Definitions(
            ("Protection of an update", privacy.Protection ?? Figures.Undefined),
            ("Noise", privacy.Noise),
            ("Clipping bound, L2 per patient", Figures.Parameter(privacy.Clip)),
            ("Noise multiplier σ", Figures.Parameter(privacy.Sigma)),
            ("Sampling", privacy.Sampling ?? Figures.Undefined),
            ("Noised releases", privacy.Steps?.ToString(CultureInfo.InvariantCulture) ?? Figures.Undefined),
            ("Accountant", privacy.Accountant ?? Figures.Undefined),
            ("ε, largest of a hospital", Figures.Privacy(epsilon)),
            ("δ", Figures.Privacy(delta)));
    }

    public static IEnumerable<XElement> Outside(RunResult result, ReportContext context)
    {
        if (context.OutsideGuarantee.Count == 0)
        {
            yield break;
        }

        bool guarantee = result.Sites.Any(site => site.Epsilon is not null);
        yield return Xhtml.Element("h3", guarantee ? "Outside the guarantee" : "Said to the others besides");
        yield return Xhtml.Paragraph(guarantee
            ? "These were released without noise; ε does not speak of them."
            : "These were released as they are.");
        yield return Xhtml.Element(
            "ul",
            context.OutsideGuarantee.Select(sentence => Xhtml.Element("li", sentence)));
    }

    private static string Protection(string? protection) => protection switch
    {
        "masks" =>
            "Each update left its hospital as an addend under masks: one for each other hospital and one of its own. "
            + "They come off only in the sum over the hospitals that stayed to the end of the round, so the "
            + "coordinator reads that sum and no single update.",
        "threshold-he" =>
            "Each update left its hospital encrypted under a key that no hospital holds alone. More than two thirds of "
            + "the hospitals decrypted their sum together, and nothing but that sum.",
        null => "Nothing is recorded about how updates were hidden on their way to the coordinator.",
        _ => $"Updates were protected by {protection}.",
    };

    private static string Noise(string noise) => noise switch
    {
        "distributed" =>
            "Each hospital added a share of the noise to its update, and the shares make up the noise of the sum. ε "
            + "therefore holds for what the sum reveals, and presumes that the hospitals add their shares and keep "
            + "them to themselves.",
        "local" =>
            "Each hospital added the whole noise to its own update, so ε holds even for someone who could read that "
            + "update by itself.",
        "none" =>
            "The sums and the model are exact: this study promises no differential privacy. Someone who has the model "
            + "and much knowledge of a hospital may still infer something about its patients.",
        _ => $"Noise: {noise}.",
    };

    private static string Meaning(double epsilon, double? delta)
    {
        string factor = epsilon > 20
            ? "a factor so large that it protects nobody"
            : string.Create(CultureInfo.InvariantCulture, $"a factor of about {Math.Exp(epsilon):0.0} at most");
        string except = delta is null ? "" : $", apart from a chance of the order of δ = {Figures.Privacy(delta)}";
        return $"ε = {Figures.Privacy(epsilon)} bounds what the released sums can tell about any one patient: they "
            + $"move an observer's odds that this patient was among the training rows by {factor}{except}.";
    }
}
