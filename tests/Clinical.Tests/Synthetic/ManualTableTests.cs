using System.Globalization;
using DigitalTwin.Clinical.Synthetic;

namespace DigitalTwin.Clinical.Tests.Synthetic;

/// <summary>The table of the manual states the figures that are drawn from.</summary>
public sealed class ManualTableTests
{
    private static readonly HospitalMarginals[] Hospitals =
        [HospitalMarginals.North, HospitalMarginals.East, HospitalMarginals.South, HospitalMarginals.West];

    [Fact]
    public void Every_figure_of_the_manual_is_the_one_in_use()
    {
        AssertRow("rows", hospital => [hospital.Rows]);
        AssertRow("age", hospital => Figures(hospital.Age));
        AssertRow("male", hospital => [hospital.MaleShare]);
        AssertRow("chest pain", hospital => hospital.ChestPainShares);
        AssertRow("resting pressure", hospital => Figures(hospital.RestingPressure));
        AssertRow("pressure written 0", hospital => [hospital.PressureZeroShare]);
        AssertRow("cholesterol", hospital => Figures(hospital.Cholesterol));
        AssertRow("cholesterol written 0", hospital => [hospital.CholesterolZeroShare]);
        AssertRow("fasting sugar", hospital => [hospital.FastingSugarShare]);
        AssertRow("resting ECG", hospital => hospital.RestingEcgShares);
        AssertRow("highest heart rate", hospital => Figures(hospital.HeartRate));
        AssertRow("exercise angina", hospital => [hospital.ExerciseAnginaShare]);
        AssertRow("ST depression", hospital =>
        [
            hospital.StDepression.NoneShare, hospital.StDepression.Mean, hospital.StDepression.Sd,
            hospital.StDepression.High,
        ]);
        AssertRow("disease", hospital => [hospital.Prevalence]);
        AssertRow("intercept", hospital => [hospital.Intercept]);
    }

    [Fact]
    public void Shares_of_a_category_add_up_to_one()
    {
        Assert.All(Hospitals, hospital => Assert.Equal(1, hospital.ChestPainShares.Sum(), 12));
        Assert.All(Hospitals, hospital => Assert.Equal(1, hospital.RestingEcgShares.Sum(), 12));
    }

    private static double[] Figures(CutNormal marginal) => [marginal.Mean, marginal.Sd, marginal.Low, marginal.High];

    private static void AssertRow(string name, Func<HospitalMarginals, double[]> figures)
    {
        string manual = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "data-contracts.md"));
        string row = manual.Split('\n').First(line => line.StartsWith($"| {name}", StringComparison.Ordinal));
        string[] cells = row.Split('|')[2..6];
        for (int i = 0; i < Hospitals.Length; i++)
        {
            string[] written = cells[i].Split('(')[0].Split([' ', ',', '–'], StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(
                figures(Hospitals[i]), written.Select(figure => double.Parse(figure, CultureInfo.InvariantCulture)));
        }
    }
}
