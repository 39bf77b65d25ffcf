using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Survival;

namespace DigitalTwin.Models.Tests.Survival;

/// <summary>The survival tables that several tests fit.</summary>
internal static class SurvivalData
{
    /// <summary>lung: days to death by age, sex and ECOG performance; the institution as stratum, −1 for NA.</summary>
    public static SurvivalTable Lung()
    {
        ClinicalCsv data = ClinicalCsv.LoadOrSkip("survival_lung").Complete("ph.ecog");
        return new SurvivalTable(
            3,
            ClinicalCsv.RowMajor(data.Numbers("age"), data.Numbers("sex"), data.Numbers("ph.ecog")),
            data.Numbers("time"),
            data.Is("status", "2"),
            strata: [.. data.Texts("inst").Select(text => text.Length > 0 ? int.Parse(text, null) : -1)]);
    }

    /// <summary>lung without the row whose institution is missing.</summary>
    public static SurvivalTable LungOfKnownInstitution()
    {
        SurvivalTable lung = Lung();
        return lung.Select([.. Enumerable.Range(0, lung.Rows).Where(row => lung.Stratum(row) >= 0)]);
    }

    /// <summary>cgd: (tstart, tstop] to each infection by treatment, inheritance, age and steroids.</summary>
    public static SurvivalTable Infections()
    {
        ClinicalCsv data = ClinicalCsv.LoadOrSkip("survival_cgd");
        return new SurvivalTable(
            4,
            ClinicalCsv.RowMajor(
                data.Is("treat", "rIFN-g"), data.Is("inherit", "autosomal"), data.Numbers("age"),
                data.Numbers("steroids")),
            data.Numbers("tstop"),
            data.Numbers("status"),
            data.Numbers("tstart"));
    }

    /// <summary>The same rows in one stratum.</summary>
    public static SurvivalTable Unstratified(SurvivalTable table) => new(
        table.Columns,
        [.. Enumerable.Range(0, table.Rows).SelectMany(row => table.Row(row).ToArray())],
        [.. Enumerable.Range(0, table.Rows).Select(table.Stop)],
        [.. Enumerable.Range(0, table.Rows).Select(row => table.HasEvent(row) ? 1.0 : 0.0)],
        table.HasStarts ? [.. Enumerable.Range(0, table.Rows).Select(table.Start)] : null);

    /// <summary>Whole days with many ties, late entries and three strata.</summary>
    public static SurvivalTable Random(int rows, ulong seed)
    {
        PhiloxStream random = new(seed, 0);
        double[] features = [.. Enumerable.Range(0, 2 * rows).Select(_ => random.NextNormal())];
        double[] starts = [.. Enumerable.Range(0, rows).Select(_ => (double)random.NextBelow(10))];
        double[] stops = [.. starts.Select(start => start + 1 + random.NextBelow(15))];
        double[] events = [.. Enumerable.Range(0, rows).Select(_ => (double)random.NextBelow(2))];
        int[] strata = [.. Enumerable.Range(0, rows).Select(_ => random.NextBelow(3))];
        return new SurvivalTable(2, features, stops, events, starts, strata);
    }
}
