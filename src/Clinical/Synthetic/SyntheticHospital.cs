using System.Globalization;
using System.Text;

namespace DigitalTwin.Clinical.Synthetic;

/// <summary>A hospital of patients who do not exist, in the file format of heart-disease/v1.</summary>
public sealed class SyntheticHospital
{
    private readonly IReadOnlyList<SyntheticPatient> _patients;

    internal SyntheticHospital(HospitalMarginals marginals, IReadOnlyList<SyntheticPatient> patients)
    {
        Name = marginals.Name;
        Likeness = marginals.Likeness;
        _patients = patients;
    }

    /// <summary>The site's name: <c>north</c>, <c>east</c>, <c>south</c> or <c>west</c>.</summary>
    public string Name { get; }

    /// <summary>The published hospital whose marginals these patients follow, such as <c>cleveland</c>.</summary>
    public string Likeness { get; }

    /// <summary>How many patients there are; one row each.</summary>
    public int Rows => _patients.Count;

    /// <summary>The rows as a CSV file without header, 14 columns, <c>\n</c> after each row.</summary>
    public string ToCsv()
    {
        StringBuilder text = new();
        foreach (SyntheticPatient patient in _patients)
        {
            text.Append(patient.ToCsvRow()).Append('\n');
        }

        return text.ToString();
    }
}

/// <summary>One invented patient, in the columns and units of heart-disease/v1.</summary>
internal sealed record SyntheticPatient(
    double Age, int Sex, int ChestPain, double RestingPressure, double Cholesterol, int FastingSugar, int RestingEcg,
    double HeartRate, int ExerciseAngina, double StDepression, int Disease)
{
    /// <summary>Slope, vessels and thallium scan are written as missing: the contract drops them.</summary>
    internal string ToCsvRow() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Age},{Sex},{ChestPain},{RestingPressure},{Cholesterol},{FastingSugar},{RestingEcg},{HeartRate},"
        + $"{ExerciseAngina},{StDepression},?,?,?,{Disease}");
}
