# What R says of fit_losses.csv and fit_counts.csv: Rscript fit.R >fit_reference.csv
# (R 4.2.2, fitdistrplus 1.1-8, actuar 3.3-2, evd 2.3-6.1, MASS 7.3-58.2: Debian 12's r-cran packages).
# Losses are divided by their mean for the optimisers, and the results multiplied again.
suppressMessages({
  library(fitdistrplus); library(actuar); library(evd); library(MASS)
})
losses <- read.csv("fit_losses.csv")
months <- read.csv("fit_counts.csv")
tight <- list(reltol = 1e-14, maxit = 20000)
put <- function(case, law, name, value) cat(sprintf("%s,%s,%s,%.10g\n", case, law, name, value))
cat("case,law,name,value\n")

# Repeats the search from where it ended: one Nelder-Mead run stops early, until one refuses to start
# at the maximum.
again <- function(fitter, ..., start) {
  fit <- fitter(..., start = start, control = tight)
  for (i in 1:3) {
    better <- try(fitter(..., start = as.list(fit$estimate), control = tight), silent = TRUE)
    if (inherits(better, "try-error")) break
    fit <- better
  }
  fit
}

# law -> distribution in R, start, parameters of the cell and their errors from R's, unit s
laws <- list(
  lognormal = list("lnorm", list(meanlog = 0, sdlog = 1), function(e, d, s)
    c(MU = e[[1]] + log(s), SIGMA = e[[2]], se_MU = d[[1]], se_SIGMA = d[[2]])),
  weibull = list("weibull", list(shape = 1, scale = 1), function(e, d, s)
    c(SHAPE = e[[1]], SCALE = e[[2]] * s, se_SHAPE = d[[1]], se_SCALE = d[[2]] * s)),
  gamma = list("gamma", list(shape = 1, scale = 1), function(e, d, s)
    c(SHAPE = e[[1]], SCALE = e[[2]] * s, se_SHAPE = d[[1]], se_SCALE = d[[2]] * s)),
  lomax = list("pareto", list(shape = 2, scale = 1), function(e, d, s)
    c(SCALE = e[[2]] * s, SHAPE = e[[1]], se_SCALE = d[[2]] * s, se_SHAPE = d[[1]])),
  exponential = list("exp", list(rate = 1), function(e, d, s)
    c(MEAN = s / e[[1]], se_MEAN = s * d[[1]] / e[[1]]^2)),
  normal = list("norm", list(mean = 1, sd = 1), function(e, d, s)
    c(MEAN = e[[1]] * s, SD = e[[2]] * s, se_MEAN = d[[1]] * s, se_SD = d[[2]] * s)),
  beta = list("beta", list(shape1 = 1, shape2 = 2), function(e, d, s)
    c(A = e[[1]], B = e[[2]], se_A = d[[1]], se_B = d[[2]])))

report <- function(case, law, parameters, log_likelihood, fit = NULL, n = 0) {
  for (name in names(parameters)) put(case, law, name, parameters[[name]])
  put(case, law, "log_likelihood", log_likelihood)
  if (is.null(fit)) return(invisible())
  k <- length(fit$estimate)
  put(case, law, "aic", 2 * k - 2 * log_likelihood)
  put(case, law, "bic", k * log(n) - 2 * log_likelihood)
  g <- gofstat(fit)
  put(case, law, "ks", g$ks)
  put(case, law, "cvm", g$cvm)
  if (is.finite(g$ad)) put(case, law, "ad", g$ad)
}

for (law in names(laws)) {
  l <- laws[[law]]
  x <- if (law == "beta") losses$share else losses$loss
  s <- if (law == "beta") 1 else mean(x)
  fit <- again(fitdist, x / s, l[[1]], start = l[[2]])
  report(if (law == "beta") "share" else "loss", law, l[[3]](fit$estimate, fit$sd, s),
         fit$loglik - length(x) * log(s), fit, length(x))
}

# censored: paid is at least what was lost
s <- mean(losses$paid)
paid <- data.frame(left = losses$paid / s, right = ifelse(losses$capped == "yes", NA, losses$paid / s))
for (law in c("lognormal", "weibull", "gamma", "lomax", "exponential")) {
  l <- laws[[law]]
  fit <- again(fitdistcens, paid, l[[1]], start = l[[2]])
  report("paid", law, l[[3]](fit$estimate, fit$sd, s), fit$loglik - sum(losses$capped == "no") * log(s))
}

# recorded above each row's own deductible
truncated <- function(law, density, survival, start, name) {
  x <- losses$reported; low <- losses$deductible
  f <- function(p) -sum(density(x, p) - survival(low, p))
  for (i in 1:4) start <- optim(start, f, control = tight)$par
  start <- optim(start, f, method = "BFGS", control = list(reltol = 1e-16, ndeps = rep(1e-4, length(start))))$par
  found <- name(start)
  for (n in names(found)) put("reported", law, n, found[[n]])
  put("reported", law, "log_likelihood", -f(start))
}
truncated("lognormal",
  function(x, p) dlnorm(x, p[1], exp(p[2]), log = TRUE),
  function(x, p) plnorm(x, p[1], exp(p[2]), lower.tail = FALSE, log.p = TRUE),
  c(9, 0), function(p) c(MU = p[1], SIGMA = exp(p[2])))
truncated("weibull",
  function(x, p) dweibull(x, exp(p[1]), exp(p[2]), log = TRUE),
  function(x, p) pweibull(x, exp(p[1]), exp(p[2]), lower.tail = FALSE, log.p = TRUE),
  c(-0.5, 10), function(p) c(SHAPE = exp(p[1]), SCALE = exp(p[2])))
truncated("lomax",
  function(x, p) dpareto(x, exp(p[1]), exp(p[2]), log = TRUE),
  function(x, p) ppareto(x, exp(p[1]), exp(p[2]), lower.tail = FALSE, log.p = TRUE),
  c(0.5, 10), function(p) c(SCALE = exp(p[2]), SHAPE = exp(p[1])))

# above 50,000
x <- losses$loss / 10000
fit <- fpot(x, 5, std.err = TRUE, control = tight)
for (i in 1:4) fit <- fpot(x, 5, start = as.list(fit$estimate), std.err = TRUE, control = tight)
put("tail", "gpd", "SCALE", fit$estimate[["scale"]] * 10000)
put("tail", "gpd", "SHAPE", fit$estimate[["shape"]])
put("tail", "gpd", "se_SCALE", fit$std.err[["scale"]] * 10000)
put("tail", "gpd", "se_SHAPE", fit$std.err[["shape"]])
put("tail", "gpd", "log_likelihood", -fit$deviance / 2 - sum(x > 5) * log(10000))

# counts
fit <- again(fitdist, months$incidents, "nbinom", start = list(size = 2, mu = 5))
put("counts", "negbinomial", "k", fit$estimate[["size"]])
put("counts", "negbinomial", "rate", fit$estimate[["mu"]])
put("counts", "negbinomial", "k_standard_error", fit$sd[["size"]])
put("counts", "negbinomial", "rate_standard_error", fit$sd[["mu"]])
put("counts", "negbinomial", "log_likelihood", fit$loglik)
fit <- glm.nb(incidents ~ 1 + offset(log(devices)), months, control = glm.control(epsilon = 1e-14, maxit = 200))
put("exposed", "negbinomial", "k", fit$theta)
put("exposed", "negbinomial", "rate", exp(coef(fit)[[1]]))
put("exposed", "negbinomial", "log_likelihood", as.numeric(logLik(fit)))
fit <- glm(incidents ~ 1 + offset(log(devices)), poisson, months, control = list(epsilon = 1e-14))
put("exposed", "poisson", "rate", exp(coef(fit)[[1]]))
put("exposed", "poisson", "log_likelihood", as.numeric(logLik(fit)))
put("exposed", "poisson", "pearson", sum(residuals(fit, "pearson")^2))
