namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>ln Σ e^x over numbers x that come one by one, without overflow.</summary>
internal struct LogSum()
{
    private double _largest = double.NegativeInfinity;
    private double _sum;

    /// <summary>The logarithm of the sum so far; −∞ for none.</summary>
    public readonly double Log => _largest + Math.Log(_sum);

    /// <summary>Adds e^x.</summary>
    public void Add(double x)
    {
        if (double.IsNegativeInfinity(x))
        {
            return;
        }

        if (x <= _largest)
        {
            _sum += Math.Exp(x - _largest);
        }
        else
        {
            _sum = (_sum * Math.Exp(_largest - x)) + 1;
            _largest = x;
        }
    }
}
