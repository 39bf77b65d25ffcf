namespace DigitalTwin.Clinical.Synthetic;

/// <summary>Invents hospitals whose columns are distributed as in the published heart-disease data.</summary>
/// <remarks>
/// Each patient has two hidden normal variables, age and ischaemia; the other columns lean on them (a Gaussian copula
/// with two factors), are then given the hospital's marginals, and at last a label is drawn from a logistic model. What
/// is known of one column at a time is real, every patient is invented. Figures: <c>docs/data-contracts.md</c>.
/// </remarks>
public static class SyntheticHospitals
{
    /// <summary>Of chest-pain kinds, in the order in which ischaemia makes them likelier.</summary>
    private static readonly int[] ChestPainOrder = [2, 3, 1, 4];

    /// <summary>Shares of the four degrees among the diseased; the contract's label does not tell them apart.</summary>
    private static readonly double[] DegreeShares = [0.40, 0.25, 0.25, 0.10];

    /// <summary>Four hospitals of 303, 261, 46 and 130 patients: north, east, south and west.</summary>
    /// <remarks>
    /// South resembles the Swiss hospital: cholesterol is 0 in every row, and with a prevalence of 0.98 its training
    /// rows can have a single class.
    /// </remarks>
    /// <param name="randomWords">Uniform 64-bit words; the same words give the same patients.</param>
    public static IReadOnlyList<SyntheticHospital> HeartDisease(Func<ulong> randomWords)
    {
        ArgumentNullException.ThrowIfNull(randomWords);
        HospitalMarginals[] hospitals =
            [HospitalMarginals.North, HospitalMarginals.East, HospitalMarginals.South, HospitalMarginals.West];
        return [.. hospitals.Select(hospital => Draw(hospital, hospital.Rows, randomWords))];
    }

    internal static SyntheticHospital Draw(HospitalMarginals hospital, int rows, Func<ulong> randomWords)
    {
        Draws draws = new(randomWords);
        SyntheticPatient[] patients = new SyntheticPatient[rows];
        for (int row = 0; row < rows; row++)
        {
            patients[row] = DrawPatient(hospital, draws);
        }

        return new SyntheticHospital(hospital, patients);
    }

    private static SyntheticPatient DrawPatient(HospitalMarginals hospital, Draws draws)
    {
        double age = draws.Normal();
        double ischaemia = draws.Normal();

        // The loadings are chosen, not fitted: heart rate falls with age and ischaemia, pressure rises with age, near
        // the correlations of the published files (age with heart rate -0.4, angina with ST depression 0.3 to 0.6).
        SyntheticPatient patient = new(
            Age: Cut(hospital.Age, age),
            Sex: draws.Uniform() < hospital.MaleShare ? 1 : 0,
            ChestPain: ChestPain(hospital, Leaning(0, 0.65)),
            RestingPressure: Cut(hospital.RestingPressure, Leaning(0.27, 0)),
            Cholesterol: Cut(hospital.Cholesterol, Leaning(0.12, 0)),
            FastingSugar: IsAbove(hospital.FastingSugarShare, Leaning(0.15, 0)),
            RestingEcg: Draws.IndexOf(hospital.RestingEcgShares, Draws.NormalShare(Leaning(0.15, 0))),
            HeartRate: Cut(hospital.HeartRate, Leaning(-0.35, -0.40)),
            ExerciseAngina: IsAbove(hospital.ExerciseAnginaShare, Leaning(0, 0.70)),
            StDepression: StDepression(hospital.StDepression, Draws.NormalShare(Leaning(0.15, 0.60))),
            Disease: 0);
        double probability = 1 / (1 + Math.Exp(-hospital.Intercept - RiskOf(patient)));
        bool isDiseased = draws.Uniform() < probability;
        int degree = 1 + Draws.IndexOf(DegreeShares, draws.Uniform());

        // Drawn after the label: not measuring a value does not change the patient's risk, it hides it.
        bool hidesPressure = draws.Uniform() < hospital.PressureZeroShare;
        bool hidesCholesterol = draws.Uniform() < hospital.CholesterolZeroShare;
        return patient with
        {
            Disease = isDiseased ? degree : 0,
            RestingPressure = hidesPressure ? 0 : patient.RestingPressure,
            Cholesterol = hidesCholesterol ? 0 : patient.Cholesterol,
        };

        double Leaning(double onAge, double onIschaemia) => (onAge * age) + (onIschaemia * ischaemia)
            + (Math.Sqrt(1 - (onAge * onAge) - (onIschaemia * onIschaemia)) * draws.Normal());
    }

    /// <summary>The logit of disease without the hospital's intercept.</summary>
    /// <remarks>
    /// The coefficients are those of a ridge logistic regression on the four published files with an intercept per
    /// hospital, 1.15 times as large and rounded, so that a pooled model is right for about 80 patients in 100.
    /// </remarks>
    private static double RiskOf(SyntheticPatient patient) =>
        (0.25 * (patient.Age - 55) / 10)
        + (0.80 * (patient.Sex - 0.65) / 0.5)
        + (0.10 * (patient.RestingPressure - 130) / 18)
        + (0.30 * (patient.Cholesterol - 245) / 55)
        + (0.25 * (patient.FastingSugar - 0.15) / 0.35)
        - (0.30 * (patient.HeartRate - 145) / 24)
        + (0.55 * (patient.ExerciseAngina - 0.35) / 0.48)
        + (0.90 * (patient.StDepression - 0.9) / 1.1)
        - (0.15 * ((patient.ChestPain == 2 ? 1 : 0) - 0.2) / 0.4)
        - (0.05 * ((patient.ChestPain == 3 ? 1 : 0) - 0.25) / 0.43)
        + (0.75 * ((patient.ChestPain == 4 ? 1 : 0) - 0.5) / 0.5)
        + (0.10 * ((patient.RestingEcg == 2 ? 1 : 0) - 0.2) / 0.4);

    private static double Cut(CutNormal marginal, double z) =>
        double.Clamp(Math.Round(marginal.Mean + (marginal.Sd * z)), marginal.Low, marginal.High);

    private static int IsAbove(double share, double z) => Draws.NormalShare(z) > 1 - share ? 1 : 0;

    private static int ChestPain(HospitalMarginals hospital, double z)
    {
        double[] shares = [.. ChestPainOrder.Select(kind => hospital.ChestPainShares[kind - 1])];
        return ChestPainOrder[Draws.IndexOf(shares, Draws.NormalShare(z))];
    }

    private static double StDepression(StDepressionMarginal marginal, double position)
    {
        if (position < marginal.NoneShare)
        {
            return 0;
        }

        // Shifted exponential: its sd is its scale and its mean the shift plus the scale, so both are met exactly.
        double rest = (position - marginal.NoneShare) / (1 - marginal.NoneShare);
        double value = marginal.Mean - marginal.Sd - (marginal.Sd * Math.Log(1 - rest));
        return double.Min(Math.Round(value, 1), marginal.High);
    }
}
