using DigitalTwin.Clinical.Contracts;
using DigitalTwin.Clinical.Tables;

namespace DigitalTwin.Clinical.Leakage;

/// <summary>Warns of inputs that were measured after the outcome and so give the answer away.</summary>
/// <remarks>
/// The known case is the column "time" of the heart-failure records (Chicco and Jurman 2020): the days until death or
/// the last visit. A model that is given it looks excellent and is useless for a patient whose outcome is still open.
/// </remarks>
public static class AfterOutcome
{
    /// <summary>The kind of the flags: <c>after-outcome</c>.</summary>
    public const string Kind = "after-outcome";

    /// <summary>One flag per input whose column the contract marks <c>measured: after-outcome</c>.</summary>
    public static IReadOnlyList<DataFlag> Flags(DataContract contract)
    {
        ArgumentNullException.ThrowIfNull(contract);
        return
        [
            .. contract.Features
                .Where(feature => contract.Column(feature.Column).Measured == MeasuredWhen.AfterOutcome)
                .Select(feature => new DataFlag(Kind, feature.Name, 0)),
        ];
    }
}
