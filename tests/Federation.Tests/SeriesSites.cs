using DigitalTwin.Clinical.Disclosure;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Federation.Tests;

/// <summary>Four hospitals whose patients are short series: those with label 1 rise, the others fall.</summary>
internal static class SeriesSites
{
    public const int Steps = 6;

    /// <summary>A value, whether it was observed, and the hours since: the inputs of GRU-D for one signal.</summary>
    private static readonly FeatureReference[] Features =
    [
        new("hr", 80, 15),
        new("hr:observed", 0, 1),
        new("hr:since", 0, 1),
    ];

    public static HospitalPlan[] Hospitals(int patients = 48)
    {
        string[] names = ["north", "east", "south", "west"];
        return [.. names.Select((name, site) => new HospitalPlan(name, Data((ulong)site, patients)))];
    }

    private static SiteData Data(ulong site, int patients) => new(
        new string('5', 64),
        Features,
        Rows(patients, new PhiloxStream(seed: 71, stream: 2 * site)),
        Rows(patients / 2, new PhiloxStream(seed: 71, stream: (2 * site) + 1)),
        Buckets.Rows(patients),
        Buckets.Prevalence(0.5, patients),
        Steps);

    private static Table Rows(int patients, PhiloxStream random)
    {
        double[] features = new double[patients * Steps * Features.Length];
        double[] labels = new double[patients];
        int place = 0;
        for (int patient = 0; patient < patients; patient++)
        {
            labels[patient] = patient % 2;
            double slope = patient % 2 == 1 ? 4 : -4;
            double value = 80;
            double since = 0;
            for (int step = 0; step < Steps; step++)
            {
                bool observed = random.NextUnit() < 0.7;
                value = observed ? 80 + (slope * (step - 2.5)) + (6 * random.NextNormal()) : value;
                features[place++] = value;
                features[place++] = observed ? 1 : 0;
                features[place++] = since;
                since = observed ? 1 : since + 1;
            }
        }

        return new Table(Steps * Features.Length, features, labels);
    }
}
