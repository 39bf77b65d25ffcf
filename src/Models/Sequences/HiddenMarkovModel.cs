using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Sequences;

/// <summary>A hidden Markov model and its Baum-Welch step: expected counts are summed, the sum decides.</summary>
/// <remarks>
/// Rabiner, Proc. IEEE 77(2), 1989: forward-backward with scaling, section V.A; re-estimation, equations 40 and 109-111
/// for many sequences. Expected counts are sums over patients, so EM over the sum of the hospitals is pooled EM
/// (Dempster, Laird and Rubin, JRSS B 39(1), 1977), and the likelihood never falls.
/// </remarks>
public sealed class HiddenMarkovModel
{
    private const int SequencesAt = 0;
    private const int StepsAt = 1;
    private const int LogLikelihoodAt = 2;
    private const int InitialAt = 3;

    private readonly double[] _initial;
    private readonly double[] _transition;

    /// <param name="initial">K probabilities of the first state.</param>
    /// <param name="transition">K × K, row by row: from the row's state to the column's.</param>
    /// <param name="emission">Of K states.</param>
    public HiddenMarkovModel(
        ReadOnlySpan<double> initial, ReadOnlySpan<double> transition, EmissionModel emission)
    {
        ArgumentNullException.ThrowIfNull(emission);
        Emission = emission;
        Stochastic.RequireRows(initial, 1, States);
        Stochastic.RequireRows(transition, States, States);
        _initial = initial.ToArray();
        _transition = transition.ToArray();
    }

    public EmissionModel Emission { get; }

    public int States => Emission.States;

    public ReadOnlySpan<double> Initial => _initial;

    public ReadOnlySpan<double> Transition => _transition;

    /// <summary>3 + K + K² + entries of the emission.</summary>
    public int StatisticLength => InitialAt + States + (States * States) + Emission.StatisticLength;

    /// <summary>The log-likelihood behind a statistic or a sum of them, in nats.</summary>
    public static double LogLikelihoodOf(ReadOnlySpan<double> sum) => sum[LogLikelihoodAt];

    /// <summary>
    /// [sequences, steps, ln L, expected first states (K), expected transitions (K²), expected emissions].
    /// </summary>
    /// <param name="sequences">The patients of one site; sequences without steps add nothing.</param>
    public double[] LocalStatistic(IEnumerable<ObservationSequence> sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        double[] statistic = new double[StatisticLength];
        foreach (ObservationSequence sequence in sequences.Where(sequence => sequence.Steps > 0))
        {
            AddSequence(statistic, sequence);
        }

        return statistic;
    }

    /// <summary>The model that the sum of the sites' statistics prescribes.</summary>
    /// <exception cref="ArgumentException">The length is wrong, or a number is not finite.</exception>
    public HiddenMarkovModel Step(ReadOnlySpan<double> sum)
    {
        if (sum.Length != StatisticLength)
        {
            throw new ArgumentException($"Expected {StatisticLength} entries, got {sum.Length}.", nameof(sum));
        }

        foreach (double entry in sum)
        {
            if (!double.IsFinite(entry))
            {
                throw new ArgumentException("An entry of the sum is not a finite number.", nameof(sum));
            }
        }

        int k = States;
        return new HiddenMarkovModel(
            Stochastic.FromCounts(sum.Slice(InitialAt, k), _initial, 1, k),
            Stochastic.FromCounts(sum.Slice(InitialAt + k, k * k), _transition, k, k),
            Emission.Maximise(sum[(InitialAt + k + (k * k))..]));
    }

    /// <summary>P(state at each step | whole sequence), steps × K.</summary>
    public double[] StateProbabilities(ObservationSequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        return new Posterior(this, sequence).States;
    }

    /// <summary>ln P(sequence), in nats; −∞ where the model excludes it.</summary>
    public double LogLikelihood(ObservationSequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        return new Posterior(this, sequence).LogLikelihood;
    }

    private void AddSequence(double[] statistic, ObservationSequence sequence)
    {
        Posterior posterior = new(this, sequence);
        if (double.IsNegativeInfinity(posterior.LogLikelihood))
        {
            throw new ArgumentException("The model gives a sequence the probability zero.", nameof(sequence));
        }

        int k = States;
        statistic[SequencesAt]++;
        statistic[StepsAt] += sequence.Steps;
        statistic[LogLikelihoodAt] += posterior.LogLikelihood;
        Span<double> transitions = statistic.AsSpan(InitialAt + k, k * k);
        Span<double> emissions = statistic.AsSpan(InitialAt + k + (k * k));
        for (int step = 0; step < sequence.Steps; step++)
        {
            for (int state = 0; state < k; state++)
            {
                double probability = posterior.States[(step * k) + state];
                statistic[InitialAt + state] += step == 0 ? probability : 0;
                Emission.AddExpected(emissions, state, probability, sequence.At(step));
                for (int next = 0; step + 1 < sequence.Steps && next < k; next++)
                {
                    transitions[(state * k) + next] += posterior.Transition(step, state, next);
                }
            }
        }
    }

    /// <summary>The scaled forward-backward recursions over one sequence.</summary>
    private sealed class Posterior
    {
        private readonly HiddenMarkovModel _model;
        private readonly int _k;
        private readonly double[] _densities;
        private readonly double[] _forward;
        private readonly double[] _backward;
        private readonly double[] _scales;

        public Posterior(HiddenMarkovModel model, ObservationSequence sequence)
        {
            _model = model;
            _k = model.States;
            _densities = new double[sequence.Steps * _k];
            _forward = new double[sequence.Steps * _k];
            _backward = new double[sequence.Steps * _k];
            _scales = new double[sequence.Steps];
            States = new double[sequence.Steps * _k];
            Evaluate(sequence);
            GoForward(sequence.Steps);
            if (!double.IsNegativeInfinity(LogLikelihood))
            {
                GoBackward(sequence.Steps);
            }
        }

        public double LogLikelihood { get; private set; }

        public double[] States { get; }

        /// <summary>P(state at a step, state at the next | whole sequence).</summary>
        public double Transition(int step, int from, int to) =>
            _forward[(step * _k) + from] * _model._transition[(from * _k) + to]
            * _densities[((step + 1) * _k) + to] * _backward[((step + 1) * _k) + to] / _scales[step + 1];

        // Densities are relative to the likeliest state of their step, so that none underflows in all states.
        private void Evaluate(ObservationSequence sequence)
        {
            double[] logs = new double[_k];
            for (int step = 0; step < sequence.Steps; step++)
            {
                for (int state = 0; state < _k; state++)
                {
                    logs[state] = _model.Emission.LogDensity(state, sequence.At(step));
                }

                double largest = logs.Max();
                LogLikelihood += largest;
                for (int state = 0; !double.IsNegativeInfinity(largest) && state < _k; state++)
                {
                    _densities[(step * _k) + state] = DeterministicMath.Exp(logs[state] - largest);
                }
            }
        }

        private void GoForward(int steps)
        {
            for (int step = 0; step < steps; step++)
            {
                Span<double> now = _forward.AsSpan(step * _k, _k);
                for (int state = 0; state < _k; state++)
                {
                    double prior = step == 0 ? _model._initial[state] : 0;
                    for (int from = 0; step > 0 && from < _k; from++)
                    {
                        prior += _forward[((step - 1) * _k) + from] * _model._transition[(from * _k) + state];
                    }

                    now[state] = prior * _densities[(step * _k) + state];
                    _scales[step] += now[state];
                }

                LogLikelihood += DeterministicMath.Log(_scales[step]);
                for (int state = 0; state < _k; state++)
                {
                    now[state] = _scales[step] > 0 ? now[state] / _scales[step] : 0;
                }
            }
        }

        private void GoBackward(int steps)
        {
            for (int step = steps - 1; step >= 0; step--)
            {
                for (int state = 0; state < _k; state++)
                {
                    double sum = step == steps - 1 ? 1 : 0;
                    for (int to = 0; step < steps - 1 && to < _k; to++)
                    {
                        int next = ((step + 1) * _k) + to;
                        sum += _model._transition[(state * _k) + to] * _densities[next] * _backward[next]
                            / _scales[step + 1];
                    }

                    _backward[(step * _k) + state] = sum;
                    States[(step * _k) + state] = _forward[(step * _k) + state] * sum;
                }
            }
        }
    }
}
