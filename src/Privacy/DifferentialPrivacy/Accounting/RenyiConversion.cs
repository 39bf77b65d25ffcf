namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>How a Rényi divergence r of order α becomes ε at δ.</summary>
public enum RenyiConversion
{
    /// <summary>
    /// ε = r + ln(1 − 1/α) − ln(δα)/(α − 1): Canonne, Kamath and Steinke 2020, proposition 12 (also Balle et al.,
    /// "Hypothesis Testing Interpretations and Rényi Differential Privacy", AISTATS 2020, theorem 21).
    /// </summary>
    Canonne,

    /// <summary>
    /// ε = r − ln(δ)/(α − 1): Mironov 2017, proposition 3. Always larger; older publications quote it.
    /// </summary>
    Mironov,
}
