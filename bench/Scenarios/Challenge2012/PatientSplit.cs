using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Scenarios.Challenge2012;

/// <summary>Which stays train, which choose between settings, and which are looked at once, at the end.</summary>
/// <remarks>
/// A quarter of the patients is the test, by a shuffle that the seed decides, within each unit and outcome; of the rest
/// a fifth validates. Every stay of set A is another patient.
/// </remarks>
internal sealed record PatientSplit(IcuStay[] Fit, IcuStay[] Validation, IcuStay[] Test)
{
    public static PatientSplit Of(IReadOnlyList<IcuStay> stays, ulong seed)
    {
        List<IcuStay> fit = [];
        List<IcuStay> validation = [];
        List<IcuStay> test = [];
        PhiloxStream random = new(seed, stream: 2012);
        foreach (IGrouping<(int Unit, bool Died), IcuStay> stratum in stays
            .GroupBy(stay => (stay.Unit, stay.Died))
            .OrderBy(stratum => stratum.Key))
        {
            IcuStay[] members = [.. stratum];
            int[] order = [.. Enumerable.Range(0, members.Length)];
            random.Shuffle(order);
            int tested = members.Length / 4;
            int validating = (members.Length - tested) / 5;
            test.AddRange(order[..tested].Select(i => members[i]));
            validation.AddRange(order[tested..(tested + validating)].Select(i => members[i]));
            fit.AddRange(order[(tested + validating)..].Select(i => members[i]));
        }

        return new([.. fit], [.. validation], [.. test]);
    }
}
