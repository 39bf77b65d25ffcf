namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>K(θ) = ln Σ P·e^(θ·loss) of one release, and what it says of the tilted loss.</summary>
internal sealed class CumulantFunction
{
    private readonly double[] _losses;
    private readonly double[] _logMasses;

    public CumulantFunction(DominatingPair pair)
    {
        List<LossAtom> atoms = pair.Atoms([]);
        atoms.RemoveAll(atom => !(atom.P > 0));
        _losses = [.. atoms.Select(atom => atom.Loss)];
        _logMasses = [.. atoms.Select(atom => Math.Log(atom.P))];
    }

    private CumulantFunction(double[] losses, double[] logMasses)
    {
        _losses = losses;
        _logMasses = logMasses;
    }

    /// <summary>The highest loss.</summary>
    public double Highest => _losses[^1];

    /// <summary>The loss cut at a highest one.</summary>
    public CumulantFunction CutAt(double highest) =>
        new([.. _losses.Select(loss => Math.Min(loss, highest))], _logMasses);

    /// <summary>K(θ).</summary>
    public double At(double tilt) => Moments(tilt).LogSum;

    /// <summary>K″(θ): the variance of the tilted loss.</summary>
    public double Variance(double tilt) => Moments(tilt).Variance;

    /// <summary>The loss that is exceeded with at most the given probability; the lowest loss for one.</summary>
    public double UpperQuantile(double probability)
    {
        double sum = 0;
        int place = _losses.Length - 1;
        while (place > 0 && sum + Math.Exp(_logMasses[place]) <= probability)
        {
            sum += Math.Exp(_logMasses[place]);
            place--;
        }

        return _losses[place];
    }

    /// <summary>The loss below which the tilted mass is at most the given probability.</summary>
    public double TiltedLowerQuantile(double tilt, double probability)
    {
        double logSum = At(tilt);
        double sum = 0;
        int place = 0;
        while (place < _losses.Length - 1)
        {
            sum += Math.Exp(_logMasses[place] + (tilt * _losses[place]) - logSum);
            if (sum > probability)
            {
                break;
            }

            place++;
        }

        return _losses[place];
    }

    private (double LogSum, double Variance) Moments(double tilt)
    {
        double largest = double.NegativeInfinity;
        for (int i = 0; i < _losses.Length; i++)
        {
            largest = Math.Max(largest, _logMasses[i] + (tilt * _losses[i]));
        }

        double sum = 0;
        double first = 0;
        double second = 0;
        for (int i = 0; i < _losses.Length; i++)
        {
            double weight = Math.Exp(_logMasses[i] + (tilt * _losses[i]) - largest);
            sum += weight;
            first += weight * _losses[i];
            second += weight * _losses[i] * _losses[i];
        }

        double mean = first / sum;
        return (largest + Math.Log(sum), Math.Max(0, (second / sum) - (mean * mean)));
    }
}
